"""Numbers, sizes, times and lists as a locale writes them. `code` is the locale (`messages.LOCALES`)."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

_SIZES = ((1e12, "terabyte"), (1e9, "gigabyte"), (1e6, "megabyte"), (1e3, "kilobyte"))
_TIMES = ((86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"))
_WHOLE_FROM = 10.0  # sizes from here on have no decimals


def number(value: float, code: str, digits: int = 3) -> str:
    """Return a number with the locale's separators and at most `digits` decimals."""
    return str(format_decimal(round(value, digits), locale=code))


def size(value: float, code: str) -> str:
    """Return bytes as kB, MB, GB or TB (powers of ten), with one decimal below ten."""
    for unit, name in _SIZES:
        if abs(value) >= unit:
            amount = value / unit
            rounded = round(amount, 1) if abs(amount) < _WHOLE_FROM else round(amount)
            return str(format_unit(rounded, f"digital-{name}", length="short", locale=code))
    return str(format_unit(round(value), "digital-byte", length="long", locale=code))


def seconds(value: float, code: str) -> str:
    """Return an approximate duration, rounded, in the largest unit that fits at least twice."""
    amount, name = rounded_duration(value)
    return str(format_unit(amount, f"duration-{name}", locale=code))


def rounded_duration(value: float) -> tuple[int, str]:
    """Return a number of seconds as `seconds` writes it: the rounded amount, and its unit."""
    unit, name = next(((unit, name) for unit, name in _TIMES if value >= 2 * unit), (1.0, "second"))
    return max(1, round(value / unit)), name


def percent(share: float, code: str) -> str:
    """Return a fraction as a percentage without decimals."""
    return str(format_percent(share, locale=code))


def date(moment_us: int, code: str) -> str:
    """Return the date (UTC) of a moment in microseconds since 1970."""
    return str(format_date(_utc(moment_us), "medium", locale=code))


def time(moment_us: int, code: str) -> str:
    """Return the date and time (UTC, to the second) of a moment in microseconds since 1970."""
    return str(format_datetime(_utc(moment_us), "yyyy-MM-dd HH:mm:ss", locale=code))


def listed(items: Sequence[str], code: str) -> str:
    """Return the items as a written list: "a, b and c"."""

    return str(format_list(list(items), locale=Locale.parse(code)))


def _utc(moment_us: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(moment_us) / 1e6, dt.UTC)


FUNCTIONS: Mapping[str, Callable[[Any, str], str]] = MappingProxyType(
    {"SIZE": size, "SECONDS": seconds, "PERCENT": percent, "DATE": date, "TIME": time}
)
