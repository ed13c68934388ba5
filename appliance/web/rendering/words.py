"""Numbers, sizes and times as the reader's language writes them: see `foundation.formats`."""

from collections.abc import Iterable

from babel.numbers import format_decimal

from appliance.foundation import formats
from appliance.foundation.messages import LOCALES, language


def number(value: float, digits: int = 0) -> str:
    """Return a number with at most `digits` decimals."""
    return formats.number(value, _locale(), digits)


def decimal(value: float, digits: int) -> str:
    """Return a number with exactly `digits` decimals."""
    return str(format_decimal(value, f"#,##0.{'0' * digits}", locale=_locale()))


def significant(value: float, digits: int = 3) -> str:
    """Return a number with at most `digits` significant digits, for the figures at an axis."""
    return str(format_decimal(float(f"{value:.{digits}g}"), "#,##0.######", locale=_locale()))


def percent(share: float) -> str:
    """Return a share of 1 as a percentage."""
    return formats.percent(share, _locale())


def size(value: float) -> str:
    """Return a number of bytes."""
    return formats.size(value, _locale())


def duration(seconds: float) -> str:
    """Return roughly how long it takes."""
    return formats.seconds(seconds, _locale())


def moment(time_us: int) -> str:
    """Return a moment, in microseconds since 1970, UTC."""
    return formats.time(time_us, _locale())


def day(time_us: int) -> str:
    """Return the day of a moment."""
    return formats.date(time_us, _locale())


def listed(items: Iterable[str]) -> str:
    """Return a list as a sentence has it: "a, b and c"."""
    return formats.listed(list(items), _locale())


def _locale() -> str:
    return LOCALES[language()]
