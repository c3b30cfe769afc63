"""The shapes that an input may have."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Anything:
    """Of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value: *kind* is `string`, `integer`, `number` or `boolean`."""

    kind: str


@dataclass(frozen=True, slots=True)
class OneWord:
    """One of some *words*."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """Any number of *each*."""

    each: "Shape"


@dataclass(frozen=True, slots=True)
class MapOf:
    """*each* under any key."""

    each: "Shape"


@dataclass(frozen=True, slots=True)
class RecordOf:
    """The record that the *module* of a package calls *name*; it may contain itself."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class EitherOf:
    """Any of several."""

    shapes: "tuple[Shape, ...]"


Shape = Anything | Scalar | OneWord | ListOf | MapOf | RecordOf | EitherOf

ANYTHING = Anything()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Named *fields*, some *required*; no others are allowed."""

    fields: Mapping[str, Shape]
    required: frozenset[str]
