"""The physical name that a resource gets if the program gives none."""

import re
from collections.abc import Mapping
from typing import Any

from stacks.sandbox.outputs.computed import formula_of
from stacks.sandbox.paths import value_at, with_value

DIGITS = 7
SUFFIXES = {"azure-native": ("", 8)}
"""What stands between the program's name and the digits, and how many; by package, if otherwise."""


def name_of(type: str, inputs: Mapping[str, Any]) -> str | None:  # noqa: A002  # the engine's word
    """The physical name, None for what has none."""
    path = formula_of(type).name
    value = value_at(inputs, path) if path else None
    return None if value is None else str(value)


def named(
    type: str,  # noqa: A002
    name: str,
    inputs: Mapping[str, Any],
    before: Mapping[str, Any],
    random: bytes,
) -> dict[str, Any]:
    """*inputs* with a physical name: the one *before*, or *name* and some digits of *random*."""
    path = formula_of(type).name
    if not path or value_at(inputs, path) is not None or value_at(inputs, "namePrefix"):
        return dict(inputs)
    kept = value_at(before, path)
    between, digits = SUFFIXES.get(type.partition(":")[0], ("-", DIGITS))
    return with_value(inputs, path, kept or f"{name}{between}{random.hex()[:digits]}")


def is_chosen(type: str, name: str, inputs: Mapping[str, Any]) -> bool:  # noqa: A002
    """Whether the program chose the physical name, so that no second resource can have it."""
    physical = name_of(type, inputs)
    between, digits = SUFFIXES.get(type.partition(":")[0], ("-", DIGITS))
    made_up = rf"{re.escape(name + between)}[0-9a-f]{{{digits}}}"
    return physical is not None and re.fullmatch(made_up, physical) is None
