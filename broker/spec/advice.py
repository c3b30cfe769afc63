"""What to write in place of what is wrong, as it would stand in a file."""

from collections.abc import Mapping
from typing import Any

from broker.spec.nodes import ScalarKind, plain_kind

_SPECIAL = frozenset(",[]{}#&*!|>'\"%@`")


def advice(key: str, example: Any) -> str:
    """A hint that shows how *key* may be given; nothing without an example.

    >>> advice("capacity", ["spot", "on-demand"])
    'For example `capacity: [spot, on-demand]`.'
    """
    return "" if example is None else f"For example `{key}: {written(example)}`."


def written(data: Any) -> str:
    """Plain data in the short form of YAML, text in quotes only where it has to be.

    >>> written({"every": "10m", "size-gib": 46, "of": ["1999.50", 0.25]})
    '{every: 10m, size-gib: 46, of: ["1999.50", 0.25]}'
    """
    match data:
        case Mapping():
            return "{" + ", ".join(f"{key}: {written(value)}" for key, value in data.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(written(item) for item in data) + "]"
        case str():
            return f'"{data}"' if _needs_quotes(data) else data
        case bool():
            return str(data).lower()
        case _:
            return str(data)


def _needs_quotes(text: str) -> bool:
    return (
        plain_kind(text) is not ScalarKind.TEXT
        or not _SPECIAL.isdisjoint(text)
        or ": " in text
        or text.startswith("- ")
    )
