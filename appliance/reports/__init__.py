"""Reports in plain words, computed from what is stored and measured, never typed in."""

from appliance.reports.doctor import doctor_report
from appliance.reports.training_run import run_report
