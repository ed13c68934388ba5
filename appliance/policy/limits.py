"""Limits: what the appliance does by itself and what it refuses, from `policies/limits.toml`."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from appliance.foundation.errors import HomeError
from appliance.foundation.messages import Message, message, sentences

FILE_NAME = "limits.toml"
MAX_LIMITS_BYTES = 64 * 1024
MIN_RETENTION_DAYS = 184  # six months at their longest; EU AI Act, articles 19 and 26(6): at least six months

_MISTAKES = {  # by pydantic's type of error
    "greater_than_equal": "limits.value:too-small",
    "less_than_equal": "limits.value:too-large",
    "int_type": "limits.value:not-an-integer",
    "bool_type": "limits.value:not-a-boolean",
    "literal_error": "limits.value:choice",
    "extra_forbidden": "limits.value:unknown",
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class VaultLimits(_Section):
    """How long the keys stay in memory."""

    reseal_after_idle_minutes: int = Field(default=0, ge=0, le=7 * 24 * 60)  # 0: forever


class MemoryLimits(_Section):
    """Whether unencrypted swap is tolerated."""

    unencrypted_swap: Literal["warn", "refuse"] = "warn"


PersonalDataAction = Literal["keep", "mask", "block"]


class PersonalDataLimits(_Section):
    """What happens to each kind of personal data in the rows of a dataset."""

    email: PersonalDataAction = "keep"
    phone: PersonalDataAction = "keep"
    iban: PersonalDataAction = "mask"
    card: PersonalDataAction = "mask"
    national_id: PersonalDataAction = "mask"


class DatasetLimits(_Section):
    """What is required of a dataset."""

    require_origin: bool = False


class AuditLimits(_Section):
    """Where the audit log is copied to, and how long its entries stay in the home."""

    syslog_socket: str = Field(default="", pattern=r"^(/[^\x00]{1,106})?$")  # path of a Unix socket; "": nowhere
    retention_days: int = Field(default=365, ge=MIN_RETENTION_DAYS, le=100 * 365)  # before an entry may be archived


class JobLimits(_Section):
    """How jobs run."""

    at_once: int = Field(default=1, ge=1, le=16)  # each then gets its share of the memory


class Limits(_Section):
    """All limits, with the defaults for those that the file does not set."""

    vault: VaultLimits = VaultLimits()
    memory: MemoryLimits = MemoryLimits()
    personal_data: PersonalDataLimits = PersonalDataLimits()
    datasets: DatasetLimits = DatasetLimits()
    audit: AuditLimits = AuditLimits()
    jobs: JobLimits = JobLimits()

    @classmethod
    def load(cls, folder: Path) -> "Limits":
        """Read the file. Raises `HomeError` if it is absent or invalid, or sets an unknown limit."""
        try:
            with (folder / FILE_NAME).open("rb") as file:
                data = file.read(MAX_LIMITS_BYTES + 1)
            if len(data) > MAX_LIMITS_BYTES:
                raise HomeError("limits.size", file=FILE_NAME, max_bytes=MAX_LIMITS_BYTES)
            return cls.model_validate(tomllib.loads(data.decode()))
        except OSError as error:
            raise HomeError("limits.read", file=FILE_NAME) from error
        except ValidationError as error:
            mistakes = [_mistake(details) for details in error.errors()]
            raise HomeError(
                sentences(message("limits.value", file=FILE_NAME), *mistakes), code="limits.value"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise HomeError("limits.parse", file=FILE_NAME, reason=str(error)) from None


def _mistake(details: ErrorDetails) -> Message:
    """Return what is wrong with one setting."""
    setting = ".".join(map(str, details["loc"]))
    identifier = _MISTAKES.get(details["type"], "limits.value:invalid")
    if setting == "audit.retention_days" and details["type"] == "greater_than_equal":
        identifier = "limits.value:retention"
    expected = next(iter(details.get("ctx", {}).values()), "")  # the bound, or choices such as "'warn' or 'refuse'"
    if isinstance(expected, str):
        expected = expected.replace(" or ", ", ")
    return message(identifier, setting=setting, expected=expected)
