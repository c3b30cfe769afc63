"""A small language for the shape of JSON documents, which names everything that does not fit."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value, and the word for what it must be."""

    word: str
    accepts: Callable[[Any], bool]

    def findings(self, value: Any, path: str) -> Iterator[str]:
        """What is wrong with *value*."""
        if not self.accepts(value):
            yield f"{path}: not {self.word}"


@dataclass(frozen=True, slots=True)
class Optional:
    """null, or that."""

    shape: "Shape"

    def findings(self, value: Any, path: str) -> Iterator[str]:
        """What is wrong with *value*."""
        if value is not None:
            yield from findings(value, self.shape, path)


@dataclass(frozen=True, slots=True)
class EitherOf:
    """The one, or the other; what is neither is measured by the one."""

    one: "Shape"
    other: "Shape"

    def findings(self, value: Any, path: str) -> Iterator[str]:
        """What is wrong with *value*."""
        if any(findings(value, self.other, path)):
            yield from findings(value, self.one, path)


Shape = Leaf | Optional | EitherOf | list[Any] | dict[str, Any]
"""A list holds the one shape of its items; a dictionary holds the shapes of its required keys."""


def findings(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """Everything in *value* that does not fit *shape*, each as `path: what is wrong`.

    >>> list(findings({"nodes": "3"}, {"nodes": WHOLE, "zone": Optional(TEXT)}, "pool"))
    ['pool.nodes: not a whole number', 'pool.zone: missing']
    """
    if isinstance(shape, list):
        yield from _in_list(value, shape[0], path)
    elif isinstance(shape, dict):
        yield from _in_map(value, shape, path)
    else:
        yield from shape.findings(value, path)


def _in_list(value: Any, item: Shape, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: not a list"
        return
    for index, entry in enumerate(value):
        yield from findings(entry, item, f"{path}[{index}]")


def _in_map(value: Any, shape: dict[str, Any], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: not an object"
        return
    for key, inner in shape.items():
        if key in value:
            yield from findings(value[key], inner, f"{path}.{key}")
        else:
            yield f"{path}.{key}: missing"


def one_of(*values: Any) -> Leaf:
    """One of *values* and nothing else."""
    return Leaf("one of " + ", ".join(map(str, values)), lambda value: value in values)


def matching(word: str, pattern: str) -> Leaf:
    """Text of which all matches *pattern*."""
    compiled = re.compile(pattern, re.ASCII)
    return Leaf(word, lambda v: isinstance(v, str) and compiled.fullmatch(v) is not None)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


TEXT = Leaf("text", lambda value: isinstance(value, str))
WHOLE = Leaf("a whole number", _is_whole)
COUNT = Leaf("a whole number of at least 1", lambda value: _is_whole(value) and value >= 1)
YES_NO = Leaf("true or false", lambda value: isinstance(value, bool))
INSTANT = Leaf("a time with its zone", _is_instant)

# Bounded in length: `1e999999999` is a number too, and one that takes all memory there is.
AMOUNT = matching("a decimal amount as text", r"-?\d{1,18}(\.\d{1,6})?")
FRACTION = matching("a number as text", r"\d{1,12}(/[1-9]\d{0,11})?")
REGION = matching("a cloud/region", r"[^/]+/[^/]+")
