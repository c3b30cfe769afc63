"""Sizes, durations and instants as people write them, read exactly."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil

_UNITS = {
    "B": 1,
    "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50,
}  # fmt: skip

SIZE_PATTERN = rf"[0-9]{{1,12}}(\.[0-9]{{1,6}})? ?({'|'.join(_UNITS)})"
DURATION_PATTERN = r"(?=[0-9])([0-9]{1,4}d)?([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,8}s)?"
INSTANT_PATTERN = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})"
)

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}

BYTES_PER_GIB = 2**30


def parse_size(text: str) -> int:
    """Bytes of a size, rounded up.

    >>> parse_size("12TB"), parse_size("1.5 GiB")
    (12000000000000, 1610612736)
    """
    digits = text.rstrip("BkKMGTPi").rstrip()
    unit = text[len(digits) :].strip()
    return ceil(Fraction(Decimal(digits)) * _UNITS[unit])


def parse_duration(text: str) -> int:
    """Seconds of a duration; ValueError for none at all.

    >>> parse_duration("1h30m")
    5400
    """
    seconds = sum(int(part[:-1]) * _SECONDS[part[-1]] for part in re.findall(r"[0-9]+[dhms]", text))
    if not seconds:
        message = "a duration of nothing"
        raise ValueError(message)
    return seconds


def parse_instant(text: str) -> datetime:
    """The instant, in UTC; ValueError for a day that no calendar has.

    >>> parse_instant("2026-12-01T01:00:00+01:00").isoformat()
    '2026-12-01T00:00:00+00:00'
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        message = f"beyond the calendar: {text}"
        raise ValueError(message) from error
