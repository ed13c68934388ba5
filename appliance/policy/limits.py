"""Limits: what the appliance does by itself and what it refuses, in `policies/limits.toml`, which an auditor can
read.
"""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from appliance.foundation.errors import HomeError

FILE_NAME = "limits.toml"
MAX_LIMITS_BYTES = 64 * 1024
MIN_RETENTION_DAYS = 184  # the longest six months; EU AI Act, articles 19 and 26(6): at least six months


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class VaultLimits(_Section):
    """How long the keys stay in memory."""

    reseal_after_idle_minutes: int = Field(default=0, ge=0, le=7 * 24 * 60)  # 0: for ever


class MemoryLimits(_Section):
    """What may happen to what is in memory."""

    unencrypted_swap: Literal["warn", "refuse"] = "warn"


PersonalDataAction = Literal["keep", "mask", "block"]


class PersonalDataLimits(_Section):
    """What is done with personal data in the rows of a dataset, by kind."""

    email: PersonalDataAction = "keep"
    phone: PersonalDataAction = "keep"
    iban: PersonalDataAction = "mask"
    card: PersonalDataAction = "mask"
    national_id: PersonalDataAction = "mask"


class DatasetLimits(_Section):
    """What a dataset must come with."""

    require_origin: bool = False


class AuditLimits(_Section):
    """Where the audit log is copied to, and how long its entries stay."""

    syslog_socket: str = Field(default="", pattern=r"^(/[^\x00]{1,106})?$")  # a path of a Unix socket; "": nowhere
    retention_days: int = Field(default=365, le=100 * 365)  # before an entry may move into an archive

    @field_validator("retention_days")
    @classmethod
    def _six_months(cls, days: int) -> int:
        if days < MIN_RETENTION_DAYS:
            raise PydanticCustomError(
                "retention", f"The log's entries stay for six months at least: {MIN_RETENTION_DAYS} days or more"
            )
        return days


class JobLimits(_Section):
    """How jobs run."""

    at_once: int = Field(default=1, ge=1, le=16)  # each then gets its share of the memory


class Limits(_Section):
    """All of them; what the file does not say is as here."""

    vault: VaultLimits = VaultLimits()
    memory: MemoryLimits = MemoryLimits()
    personal_data: PersonalDataLimits = PersonalDataLimits()
    datasets: DatasetLimits = DatasetLimits()
    audit: AuditLimits = AuditLimits()
    jobs: JobLimits = JobLimits()

    @classmethod
    def load(cls, folder: Path) -> "Limits":
        """Read the file. Raises `HomeError` when it is absent, damaged, or says what there is no limit for."""
        try:
            with (folder / FILE_NAME).open("rb") as file:
                data = file.read(MAX_LIMITS_BYTES + 1)
            if len(data) > MAX_LIMITS_BYTES:
                raise HomeError("limits.size", file_name=FILE_NAME, max_limits_bytes=MAX_LIMITS_BYTES)
            return cls.model_validate(tomllib.loads(data.decode()))
        except OSError as error:
            raise HomeError("limits.read", file_name=FILE_NAME) from error
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg'].lower()}" for each in error.errors())
            raise HomeError("limits.value", file_name=FILE_NAME, wrong=wrong) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise HomeError("limits.parse", file_name=FILE_NAME, error=str(error)) from None
