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
