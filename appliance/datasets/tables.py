"""The table of datasets: what is known of each version without reading a row of it."""

from sqlalchemy import Column, Integer, String, Table, Text

from appliance.vault.database import METADATA

DATASETS = Table(
    "datasets",
    METADATA,
    Column("id", String, primary_key=True),
    Column("project_id", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("training_rows", Integer, nullable=False),
    Column("validation_rows", Integer, nullable=False),
    Column("test_rows", Integer, nullable=False),
    Column("system_prompt", Text, nullable=False),
    Column("source_format", String, nullable=False),
    Column("created_us", Integer, nullable=False),
    Column("created_by", String, nullable=False),
    Column("state", String, nullable=False),
)

# From the moment a dataset is being shredded. `note` is the signed certificate, "" until it is done; `sequence` is the log's entry.
ERASURES = Table(
    "erasures",
    METADATA,
    Column("dataset_id", String, primary_key=True),
    Column("request", String, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("role", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("requested_us", Integer, nullable=False),
    Column("note", Text, nullable=False),
)
