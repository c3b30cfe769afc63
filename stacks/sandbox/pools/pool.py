"""Equal nodes that a resource is to have, whatever cloud it is of."""

from dataclasses import dataclass
from typing import Any

from broker.domain.offers import CapacityType
from stacks.sandbox.paths import listed, record
from stacks.sandbox.values import is_unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """*nodes* of one of *machine_types* in *region*, and in one of *zones* if there are any.

    *field* is the input that names the machine type. What is not known yet is empty, or None.
    *reservation* is the cloud's name of capacity that was bought ahead. *devices* per node are what
    the program says itself, None if it does not.
    """

    field: str
    machine_types: tuple[str, ...]
    region: str
    zones: tuple[str, ...] = ()
    capacity_type: CapacityType = CapacityType.ON_DEMAND
    nodes: int = 0
    reservation: str | None = None
    devices: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The sizes between which a pool may grow and shrink; *field* is the input that holds them."""

    field: str
    least: int | None = None
    now: int | None = None
    most: int | None = None


def number(values: Any, key: str) -> int | None:
    """A whole number within *values*, None if there is none or it is not known yet."""
    value = record(values).get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def known_text(value: Any) -> str:
    """*value*, or nothing if it is not known yet."""
    return "" if value is None or is_unknown(value) else str(value)


def known_texts(values: Any) -> tuple[str, ...]:
    """Those of *values* that are known."""
    return tuple(known_text(value) for value in listed(values) if known_text(value))
