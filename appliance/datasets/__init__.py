"""Datasets: import, checks, splits and the encrypted store.

The tables and what reads them are modules of their own (`tables`, `records`): a worker does not load a database.
"""

from appliance.datasets.columns import ColumnRoles
from appliance.datasets.conversation import PARTS, Conversation
from appliance.datasets.store import DatasetSummary, part_path, read_all, read_part, verify_dataset, write_dataset

__all__ = [
    "PARTS",
    "ColumnRoles",
    "Conversation",
    "DatasetSummary",
    "part_path",
    "read_all",
    "read_part",
    "verify_dataset",
    "write_dataset",
]
