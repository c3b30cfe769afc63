"""Figures as people read them: prices, counts, memory, ages."""

from datetime import timedelta
from fractions import Fraction

from broker.domain.accelerators import MIB_PER_GIB
from broker.domain.money import PRICE_PLACES, Money

UNKNOWN = "unknown"

MONTHS_PER_YEAR = 12

_TENTHS_BELOW_GIB = 100
_HOUR_MINUTES = 60
_DAY_HOURS = 24


def price(amount: Money | None, places: int = PRICE_PLACES) -> str:
    """An amount with *places* decimals and thousands apart; `unknown` without one.

    >>> price(Money.parse("1234.56789")), price(Money.parse("0.1"), 2), price(None)
    ('1,234.5679', '0.10', 'unknown')
    """
    return UNKNOWN if amount is None else amount.rounded(places)


def capacity(capacity_type: str, term_months: int | None) -> str:
    """A capacity type with how long it commits, in years where they are whole.

    >>> capacity("reserved", 36), capacity("reserved", 18), capacity("spot", None)
    ('reserved 3 y', 'reserved 18 mo', 'spot')
    """
    if not term_months:
        return capacity_type
    years, rest = divmod(term_months, MONTHS_PER_YEAR)
    return f"{capacity_type} {f'{term_months} mo' if rest else f'{years} y'}"


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
