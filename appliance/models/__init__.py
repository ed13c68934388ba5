"""Base models and adapters: import, verification at every load, the starter.

The tables and what reads them are modules of their own (`tables`, `records`): a worker does not load a database.
"""

from appliance.models.adapter_configuration import (
    AdapterConfiguration,
    read_adapter_configuration,
    read_artefact_configuration,
)
from appliance.models.import_folder import TEMPLATE_NAME, copy_model, verify_model
from appliance.models.manifest import ModelManifest
from appliance.models.starter import locate_starter
from appliance.models.tuned_configuration import TUNED_FORMAT, TUNED_VERSION, TunedConfiguration
