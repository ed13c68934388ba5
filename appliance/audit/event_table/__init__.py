"""The rows of the catalogue of events: see `appliance.audit.catalogue`."""

from appliance.audit.event_table import home, record, work

ROWS = (*home.ROWS, *work.ROWS, *record.ROWS)
