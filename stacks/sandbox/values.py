"""Values as the sandbox reckons with them: whole numbers, and what is not known yet."""

from collections.abc import Callable
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is known only after a change."""


def whole(value: Any) -> Any:
    """*value* with 2 for 2.0, within maps and lists too: the protocol knows floats only."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: whole(below) for key, below in value.items()}
        case list():
            return [whole(below) for below in value]
        case _:
            return value


def is_unknown(value: Any) -> bool:
    """Whether *value*, or something within it, is not known yet."""
    match value:
        case dict():
            return any(is_unknown(below) for below in value.values())
        case list():
            return any(is_unknown(below) for below in value)
        case _:
            return bool(value == UNKNOWN)


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """*value* with *change* of each leaf."""
    match value:
        case dict():
            return {key: mapped(below, change) for key, below in value.items()}
        case list():
            return [mapped(below, change) for below in value]
        case _:
            return change(value)
