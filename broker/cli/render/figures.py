"""Figures as people read them: prices, counts, memory, ages."""

from datetime import timedelta
from fractions import Fraction

from broker.domain.accelerators import MIB_PER_GIB
from broker.domain.money import MICROS_PER_UNIT, Money

UNKNOWN = "unknown"

_DIGITS_OF_MICROS = 6
_TENTHS_BELOW_GIB = 100
_HOUR_MINUTES = 60
_DAY_HOURS = 24


def price(amount: Money | None, places: int = 4) -> str:
    """An amount with *places* decimals and thousands apart; `unknown` without one.

    >>> price(Money.parse("1234.56789")), price(Money.parse("0.1"), 2), price(None)
    ('1,234.5679', '0.10', 'unknown')
    """
    if amount is None:
        return UNKNOWN
    scale = MICROS_PER_UNIT // 10 ** (_DIGITS_OF_MICROS - places)
    scaled = round(Fraction(amount.micros * scale, MICROS_PER_UNIT))
    units, rest = divmod(abs(scaled), scale)
    decimals = f".{rest:0{places}d}" if places else ""
    return f"{'-' if scaled < 0 else ''}{units:,}{decimals}"


def count(devices: Fraction) -> str:
    """`8`, or `1/4` of one.

    >>> count(Fraction(8)), count(Fraction("0.25"))
    ('8', '1/4')
    """
    return str(devices)


def gib(mib: int) -> str:
    """Memory in GiB, with one decimal where it is small and needed.

    >>> gib(81920), gib(1536), gib(2097152)
    ('80', '1.5', '2,048')
    """
    whole, rest = divmod(mib, MIB_PER_GIB)
    if rest and whole < _TENTHS_BELOW_GIB:
        return f"{mib / MIB_PER_GIB:.1f}"
    return f"{round(mib / MIB_PER_GIB):,}"


def age(elapsed: timedelta) -> str:
    """How old something is, in its largest unit; what lies ahead counts as new.

    >>> age(timedelta(minutes=31)), age(timedelta(hours=5)), age(timedelta(days=12))
    ('31 min', '5 h', '12 d')
    """
    minutes = max(0, int(elapsed.total_seconds() // 60))
    if minutes < _HOUR_MINUTES:
        return f"{minutes} min"
    hours = minutes // _HOUR_MINUTES
    return f"{hours} h" if hours < 2 * _DAY_HOURS else f"{hours // _DAY_HOURS} d"
