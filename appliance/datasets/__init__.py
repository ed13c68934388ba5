"""Datasets: import from a table, checks, splits, and the encrypted store. Tables stand in `datasets.tables`, out of workers' way."""

from appliance.datasets.checks import Finding, check
from appliance.datasets.conversation import PARTS, Conversation
from appliance.datasets.parse import ColumnRoles, Preview, parse_rows, preview
from appliance.datasets.splits import assign
from appliance.datasets.store import DatasetSummary, part_path, read_part, verify_dataset, write_dataset

__all__ = [
    "PARTS",
    "ColumnRoles",
    "Conversation",
    "DatasetSummary",
    "Finding",
    "Preview",
    "assign",
    "check",
    "parse_rows",
    "part_path",
    "preview",
    "read_part",
    "verify_dataset",
    "write_dataset",
]
