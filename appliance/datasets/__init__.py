"""Datasets: import of what staff bring, checks, splits, and the encrypted store.

Tables stand in `datasets.tables`, out of workers' way.
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
