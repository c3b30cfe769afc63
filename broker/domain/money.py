"""Money in whole micro-units of one currency: sums are exact and plans are reproducible."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Self

MICROS_PER_UNIT = 1_000_000
DIGITS_OF_MICROS = 6

PRICE_PLACES = 4
"""Decimals of a price per hour, for people."""

SUM_PLACES = 2
"""Decimals of everything that was added up or multiplied, for people."""

SIGNS = MappingProxyType({"USD": "$", "EUR": "€", "GBP": "£"})

HOURS_PER_MONTH = 730
"""The month of every figure: 8,760 hours / 12, as FinOps tools count it."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An exact amount. Amounts of different currencies never meet: adding them is a TypeError.

    An unknown price is `None`, never `Money(0)`.

    >>> Money.parse("2.50") * 3
    Money(micros=7500000, currency='USD')
    >>> str(Money.parse("58.8928"))
    '58.8928'
    """

    micros: int
    currency: str = "USD"

    @classmethod
    def parse(cls, amount: str | Decimal, currency: str = "USD") -> Self:
        """Read a decimal amount, rounded half-even to the micro-unit.

        Raises ValueError for NaN, infinity and text that is no number; a float is not accepted,
        since it would already have lost the amount.
        """
        try:
            value = Decimal(amount)
        except ArithmeticError as error:
            message = f"not an amount: {amount!r}"
            raise ValueError(message) from error
        if not value.is_finite():
            message = f"not a finite amount: {amount!r}"
            raise ValueError(message)
        return cls(int((value * MICROS_PER_UNIT).to_integral_value(ROUND_HALF_EVEN)), currency)

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency."""
        return Money(self.micros + self._same_currency(other).micros, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Subtract an amount of the same currency."""
        return Money(self.micros - self._same_currency(other).micros, self.currency)

    def __neg__(self) -> "Money":
        """The opposite amount."""
        return Money(-self.micros, self.currency)

    def __mul__(self, times: int | Fraction) -> "Money":
        """Multiply exactly, rounding once, half-even, to the micro-unit."""
        return Money(round(Fraction(self.micros) * times), self.currency)

    def __truediv__(self, parts: int | Fraction) -> "Money":
        """Divide, rounding once, half-even, to the micro-unit."""
        return Money(round(Fraction(self.micros) / parts), self.currency)

    def __str__(self) -> str:
        """The amount without its currency, with the digits it needs and at least two."""
        sign = "-" if self.micros < 0 else ""
        units, micros = divmod(abs(self.micros), MICROS_PER_UNIT)
        digits = f"{micros:06d}".rstrip("0").ljust(2, "0")
        return f"{sign}{units}.{digits}"

    def rounded(self, places: int = SUM_PLACES) -> str:
        """The amount for people, without its currency: *places* decimals, thousands apart.

        >>> Money.parse("1234.56789").rounded(4), Money.parse("-0.005").rounded()
        ('1,234.5679', '0.00')
        """
        scale = 10**places
        scaled = round(Fraction(self.micros * scale, MICROS_PER_UNIT))
        units, rest = divmod(abs(scaled), scale)
        decimals = f".{rest:0{places}d}" if places else ""
        return f"{'-' if scaled < 0 else ''}{units:,}{decimals}"

    def shown(self, places: int = SUM_PLACES) -> str:
        """The same with the sign of its currency, or its code where no sign is common.

        >>> Money.parse("3397.3775").shown(), Money.parse("-1.5", "CHF").shown()
        ('$3,397.38', 'CHF -1.50')
        """
        sign = SIGNS.get(self.currency, f"{self.currency} ")
        return f"{sign}{self.rounded(places)}"

    def floored(self, places: int = SUM_PLACES) -> "Money":
        """The largest amount of *places* decimals that is no larger: how a lower bound is shown.

        >>> Money.parse("3397.3775").floored().shown()
        '$3,397.37'
        """
        unit = 10 ** (DIGITS_OF_MICROS - places)
        return Money(self.micros // unit * unit, self.currency)

    def to_float(self) -> float:
        """The amount for a solver or a chart; never for a sum that is shown."""
        return self.micros / MICROS_PER_UNIT

    def split(self, weights: Iterable[Fraction]) -> list["Money"]:
        """Divide by *weights* so that the parts add up to the whole, to the micro-unit.

        Largest remainder: each part is its floor, and what is left goes, one micro at a time, to
        the largest remainders, the first ones in a tie. Weights are >= 0; if all are 0, the first
        part is the whole.

        >>> [str(part) for part in Money.parse("1").split([Fraction(1)] * 3)]
        ['0.333334', '0.333333', '0.333333']
        """
        shares = list(weights)
        total = sum(shares, Fraction(0))
        if not total:
            return [self, *(Money(0, self.currency) for _ in shares[1:])]
        exact = [Fraction(self.micros) * share / total for share in shares]
        floors = [value.numerator // value.denominator for value in exact]
        left = self.micros - sum(floors)
        by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
        for index in by_remainder[:left]:
            floors[index] += 1
        return [Money(micros, self.currency) for micros in floors]

    def _same_currency(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            message = f"{self.currency} and {other.currency} do not add up"
            raise TypeError(message)
        return other


def total(amounts: Iterable[Money], currency: str = "USD") -> Money:
    """Add up *amounts*; nothing adds up to zero of *currency*."""
    return sum(amounts, Money(0, currency))
