"""Datasets: import, checks, splits and the encrypted store.

The tables and what reads them are modules of their own (`tables`, `records`): a worker does not load a database.
"""

from appliance.datasets.conversation import PARTS, Conversation
from appliance.datasets.store import read_all, read_part, write_dataset
