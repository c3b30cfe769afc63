"""The offers as columns, so that a question to 100,000 of them is asked of arrays, not of each.

Numbers stay exact: arrays hold whole numbers, of 64 bits where nothing can overflow and of any
size where it could.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer

Numbers = NDArray[Any]
"""Whole numbers: int64, or Python's own where those could overflow."""

Mask = NDArray[np.bool_]

Rows = NDArray[np.intp]
"""Offers, as indices into a market, in ascending order: that is, in the order of names."""

UNKNOWN = -1
"""In place of the price of an offer that has none: prices are never negative."""

WORD_BITS = 62
MARKETS_REMEMBERED = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Market:
    """Offers in the order of their *names*; entry i of each array is about offer i.

    Offers of one *kind* agree in all but region, zones, price, date and source; *examples* has one
    of each kind. *kind* and *region* are indices into *examples* and *regions*, *price* is in
    micro-units per node and hour.
    """

    offers: tuple[Offer, ...]
    names: tuple[str, ...]
    examples: tuple[Offer, ...]
    regions: tuple[RegionKey, ...]
    kind: NDArray[np.intp]
    region: NDArray[np.intp]
    price: NDArray[np.int64]

    def row(self, name: str) -> int | None:
        """The index of the offer of that name; None if there is none."""
        at = bisect_left(self.names, name)
        return at if at < len(self.names) and self.names[at] == name else None

    def rows(self, names: Iterable[str]) -> list[int]:
        """The indices of those of *names* that there are."""
        return [row for name in names for row in [self.row(name)] if row is not None]

    def mask(self, names: Iterable[str]) -> Mask:
        """Which offers have one of *names*."""
        return self.mask_of(self.rows(names))

    def mask_of(self, rows: Rows | list[int]) -> Mask:
        """Which offers are among *rows*."""
        found = np.zeros(len(self.offers), dtype=np.bool_)
        found[rows] = True
        return found


def market(offers: tuple[Offer, ...]) -> Market:
    """The columns of *offers*, made once for as long as the same tuple is asked about."""
    return _remembered(_Identity(offers))


class _Identity:
    """A key that compares by identity: to hash 100,000 offers would take longer than the answer."""

    __slots__ = ("offers",)

    def __init__(self, offers: tuple[Offer, ...]) -> None:
        self.offers = offers

    def __hash__(self) -> int:
        return id(self.offers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.offers is other.offers


@lru_cache(maxsize=MARKETS_REMEMBERED)
def _remembered(same: _Identity) -> Market:
    return columns(same.offers)


def columns(given: Iterable[Offer]) -> Market:
    """The columns of *given* offers, made anew."""
    named = sorted(((offer.name, offer) for offer in given), key=lambda pair: pair[0])
    offers = tuple(offer for _, offer in named)
    regions = tuple(sorted({offer.region for offer in offers}))
    region_index = {region: index for index, region in enumerate(regions)}
    kinds = _Kinds()
    size = len(offers)
    return Market(
        offers=offers,
        names=tuple(name for name, _ in named),
        kind=np.fromiter((kinds.index(offer) for offer in offers), np.intp, size),
        region=np.fromiter((region_index[offer.region] for offer in offers), np.intp, size),
        price=np.fromiter((_micros(offer) for offer in offers), np.int64, size),
        examples=tuple(kinds.examples),
        regions=regions,
    )


def _micros(offer: Offer) -> int:
    return UNKNOWN if offer.price is None else offer.price.micros


class _Kinds:
    """Numbers the kinds of offers in the order in which they are met."""

    def __init__(self) -> None:
        self.examples: list[Offer] = []
        self._kinds: dict[Hashable, int] = {}
        self._values: dict[Hashable, int] = {}
        self._by_identity: dict[int, int] = {}

    def index(self, offer: Offer) -> int:
        key = (
            offer.region.provider,
            offer.machine_type,
            offer.capacity_type,
            offer.zone_kind,
            offer.family,
            offer.vcpus,
            offer.memory_mib,
            offer.term_months,
            offer.window,
            offer.reservation_key,
            self._number(offer.accelerator),
            self._number(offer.count),
            self._number(offer.network_gbps),
            self._number(offer.reclaims_per_hour),
        )
        found = self._kinds.get(key)
        if found is None:
            found = self._kinds[key] = len(self.examples)
            self.examples.append(offer)
        return found

    def _number(self, value: Hashable) -> int:
        """A number for each value; the same object is hashed once, since fractions hash slowly."""
        number = self._by_identity.get(id(value))
        if number is None:
            number = self._values.setdefault(value, len(self._values))
            self._by_identity[id(value)] = number
        return number


def any_in_row(mask: Mask) -> Mask:
    """Whether any entry of each row is true."""
    found: Mask = np.logical_or.reduce(mask, axis=1)
    return found


def whole(values: Numbers, times: int = 1) -> Numbers:
    """*values* such that products with factors up to *times*, and sums of few, are exact.

    >>> whole(np.array([2**40]), 2**40).dtype
    dtype('O')
    """
    largest = int(np.abs(values).max(initial=0)) if values.dtype != object else 1 << WORD_BITS
    return values.astype(object) if largest * max(1, times) >= 1 << WORD_BITS else values


def times_hours(micros: Numbers, hours: Fraction) -> Numbers:
    """Micro-units times *hours*, each rounded half-even, as Money does.

    >>> times_hours(np.array([3, 5, 1_000_000]), Fraction(1, 2)).tolist()
    [2, 2, 500000]
    """
    product = whole(micros, hours.numerator) * hours.numerator
    if hours.denominator == 1:
        return product
    quotient, rest = product // hours.denominator, product % hours.denominator
    double = 2 * rest
    is_odd = quotient % 2 == 1
    up = (double > hours.denominator) | ((double == hours.denominator) & is_odd)
    rounded: Numbers = quotient + up
    return rounded
