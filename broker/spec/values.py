"""Values that passed a shape, each with its place, so that later findings can point at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker.domain.diagnostics import Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value: a domain value, a tuple of Value, or a Record. *path* is dotted, from the top."""

    content: Any
    where: Where
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The keys of a mapping that are given, or have a default, and are well-formed.

    What is missing or wrong is left out: whoever checks further looks at what there is.
    """

    path: str
    where: Where
    values: Mapping[str, Value]

    def find(self, key: str) -> Value | None:
        """The value of *key* with its place."""
        return self.values.get(key)

    def content(self, key: str) -> Any:
        """The value of *key* alone, or None."""
        value = self.values.get(key)
        return None if value is None else value.content

    def record(self, key: str) -> "Record | None":
        """The mapping under *key*; None if there is none, or something else than a mapping."""
        content = self.content(key)
        return content if isinstance(content, Record) else None

    def items(self, key: str) -> tuple[Value, ...]:
        """The elements of the list under *key*; none if there is no list."""
        content = self.content(key)
        return content if isinstance(content, tuple) else ()

    def records(self, key: str) -> "tuple[Record, ...]":
        """Those elements that are mappings."""
        return tuple(v.content for v in self.items(key) if isinstance(v.content, Record))
