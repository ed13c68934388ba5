"""The tables of jobs and of their progress."""

from sqlalchemy import Column, Integer, String, Table, Text

from appliance.vault.database import METADATA

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String, primary_key=True),
    Column("project_id", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("spec", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_us", Integer, nullable=False),
    Column("started_us", Integer),
    Column("ended_us", Integer),
)

JOB_PROGRESS = Table(
    "job_progress",
    METADATA,
    Column("job_id", String, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("at_us", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
