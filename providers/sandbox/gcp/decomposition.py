"""Prices of whole machines into rates of cores, memory and devices: pure.

Google Cloud bills the parts of a machine; the tables know the whole. Where the machines of one
family differ in their proportions, their prices tell the rates; where they do not, any division
that adds up is as good, and one with usual shares is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from broker.domain.money import HOURS_PER_MONTH, MICROS_PER_UNIT

LOCAL_SSD_MONTHLY = Decimal("0.08")
"""Dollars for a GiB of local SSD and a month, in every region of the stand-in."""

CORE_SHARE = Fraction(8, 100)
MEMORY_SHARE = Fraction(8, 100)
"""What cores and memory usually make of the price of a machine with accelerators."""

PULL = Fraction(1, 10**12)
"""How much usual shares weigh against the prices: as little as decides where those are silent."""

NANOS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine type at one price: dollars per hour for vCPUs, GiB, devices and local SSD."""

    vcpus: int
    memory_gib: Fraction
    chip: str
    count: Fraction
    ssd_gib: int
    price: Fraction

    @property
    def without_ssd(self) -> Fraction:
        """What is left of the price for cores, memory and devices."""
        rate = Fraction(LOCAL_SSD_MONTHLY) / HOURS_PER_MONTH
        return self.price - rate * self.ssd_gib


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRates:
    """Nano-dollars per hour: for a vCPU, a GiB of memory, and a device of each chip."""

    core: int
    memory: int
    chips: dict[str, int]

    def times(self, share: Fraction) -> "PartRates":
        """All of them times *share*."""
        return PartRates(
            core=round(self.core * share),
            memory=round(self.memory * share),
            chips={chip: round(rate * share) for chip, rate in self.chips.items()},
        )


def decompose(machines: Sequence[Machine]) -> PartRates:
    """Rates at which each of *machines* costs what it costs, as near as its price is rounded.

    Least squares over cores, memory and one device of each chip, with a slight pull towards usual
    shares of the first machine of each chip.
    """
    chips = sorted({machine.chip for machine in machines})
    rows = [
        [Fraction(m.vcpus), m.memory_gib, *(m.count if m.chip == c else Fraction(0) for c in chips)]
        for m in machines
    ]
    usual = _usual(machines, chips)
    solved = _pulled_least_squares(rows, [m.without_ssd for m in machines], usual)
    core, memory, *devices = (round(max(rate, Fraction(0)) * NANOS) for rate in solved)
    return PartRates(core=core, memory=memory, chips=dict(zip(chips, devices, strict=True)))


def _usual(machines: Sequence[Machine], chips: Sequence[str]) -> list[Fraction]:
    first = machines[0]
    core = first.without_ssd * CORE_SHARE / first.vcpus
    memory = first.without_ssd * MEMORY_SHARE / first.memory_gib
    devices = []
    for chip in chips:
        one = next(machine for machine in machines if machine.chip == chip)
        left = one.without_ssd - core * one.vcpus - memory * one.memory_gib
        devices.append(left / one.count)
    return [core, memory, *devices]


def _pulled_least_squares(
    rows: Sequence[Sequence[Fraction]], values: Sequence[Fraction], usual: Sequence[Fraction]
) -> list[Fraction]:
    """The x that makes |rows x - values|^2 + PULL |values|^2 |(x - usual) / usual|^2 least.

    By the normal equations. A pull by ratios keeps what is small above zero.
    """
    size = len(usual)
    scale = PULL * sum((value * value for value in values), Fraction(0))
    pulls = [scale / (rate * rate) for rate in usual]
    matrix = [
        [
            sum((row[i] * row[j] for row in rows), pulls[i] if i == j else Fraction(0))
            for j in range(size)
        ]
        for i in range(size)
    ]
    right = [
        sum((row[i] * v for row, v in zip(rows, values, strict=True)), pulls[i] * usual[i])
        for i in range(size)
    ]
    return _solve(matrix, right)


def _solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Gauss and Jordan; the matrix is positive definite, so no pivot is zero."""
    size = len(right)
    for column in range(size):
        pivot = matrix[column][column]
        for row in range(size):
            if row == column or matrix[row][column] == 0:
                continue
            factor = matrix[row][column] / pivot
            matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[column], strict=True)]
            right[row] -= factor * right[column]
    return [right[i] / matrix[i][i] for i in range(size)]


def dollars(micros: int) -> Fraction:
    """An amount of micro-dollars as exact dollars."""
    return Fraction(micros, MICROS_PER_UNIT)
