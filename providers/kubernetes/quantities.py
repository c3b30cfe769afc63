"""Quantities of resources, as Kubernetes writes them: pure."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

UNITS: Mapping[str, int | Fraction] = {
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
    "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "m": Fraction(1, 1000),
}  # fmt: skip
"""Suffixes of quantities (Kubernetes API conventions, resource quantities)."""


def quantity(text: str) -> Fraction:
    """A quantity of Kubernetes; ValueError for anything else.

    >>> quantity("1900m"), quantity("2Ki"), quantity("8")
    (Fraction(19, 10), Fraction(2048, 1), Fraction(8, 1))
    """
    unit = next((unit for unit in UNITS if text.endswith(unit)), "")
    try:
        return Fraction(Decimal(text.removesuffix(unit))) * UNITS.get(unit, 1)
    except ArithmeticError as error:
        message = f"not a quantity: {text!r}"
        raise ValueError(message) from error
