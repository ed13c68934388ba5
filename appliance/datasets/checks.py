"""The checks on the rows of a dataset: what each is called, what to do about its findings, and the fixes it offers."""

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.foundation.messages import Message, message


@dataclass(frozen=True)
class Check:
    """One check. `fixes` are the actions of `fixes.Fixing` that one click applies to all rows with its finding."""

    code: str
    fixes: tuple[str, ...] = ()

    @property
    def title(self) -> Message:
        """What the check is called."""
        return message(f"check.title.{self.code}")

    @property
    def advice(self) -> Message:
        """What to do about its findings."""
        return message(f"check.advice.{self.code}")


_ALL = (
    Check("one-sided"),
    Check("unbalanced"),
    Check("empty", ("drop",)),
    Check("duplicate", ("drop",)),
    Check("near-duplicate", ("merge", "drop")),
    Check("contradiction", ("drop",)),
    Check("leakage", ("drop", "merge")),
    Check("personal-data", ("mask", "drop")),
    Check("secret", ("mask", "drop")),
    Check("encoding", ("trim", "drop")),
    Check("html", ("trim", "drop")),
    Check("too-long", ("trim", "drop")),
    Check("key-fact", ("drop",)),
)
CHECKS: Mapping[str, Check] = {check.code: check for check in _ALL}  # in the order of a report
