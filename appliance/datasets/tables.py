"""The tables of datasets: what is known of each version without reading its rows. `records` reads them."""

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
    # Where it comes from and what it may be used for; "" where that is not known. `keep_until` is an ISO date.
    Column("purpose", Text, nullable=False, default=""),
    Column("owner", Text, nullable=False, default=""),
    Column("licence", Text, nullable=False, default=""),
    Column("legal_basis", Text, nullable=False, default=""),
    Column("keep_until", Text, nullable=False, default=""),
    Column("hold_reason", Text, nullable=False, default=""),
)

# `change` says what is different from the version before; `report`: JSON (see `records`); `request`: the log's.
DATASET_VERSIONS = Table(
    "dataset_versions",
    METADATA,
    Column("dataset_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("parent", Integer, nullable=False),
    Column("change", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("training_rows", Integer, nullable=False),
    Column("validation_rows", Integer, nullable=False),
    Column("test_rows", Integer, nullable=False),
    Column("created_us", Integer, nullable=False),
)

# Begun or finished shreddings of a dataset, or of some of its versions (`versions`: "1,2"; "" for all).
# `note` is the signed certificate, "" until it is finished; `sequence` is the log's entry.
ERASURES = Table(
    "erasures",
    METADATA,
    Column("dataset_id", String, primary_key=True),
    Column("versions", String, primary_key=True),
    Column("request", String, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("role", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("requested_us", Integer, nullable=False),
    Column("note", Text, nullable=False),
)
