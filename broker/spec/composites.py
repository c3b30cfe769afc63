"""The shapes that hold others of one kind: lists, and mappings whose keys the user invents."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.spec.findings import Findings
from broker.spec.nodes import ListNode, MapNode, Node, Scalar, ScalarKind, shortened
from broker.spec.shapes import Shape, refuse
from broker.spec.values import Record, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list of *item*, at least *least* long; *unique*: nothing twice."""

    item: Shape
    least: int = 0
    unique: bool = False

    @property
    def expected(self) -> str:
        """For instance: a list of one or more."""
        return (
            f"a list with at least {self.least} of: {self.item.expected}"
            if self.least
            else (f"a list of: {self.item.expected}")
        )

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """A tuple of the well-formed items; None if the list itself is wrong."""
        if not isinstance(node, ListNode) or len(node.items) < self.least:
            return refuse(self, node, path, findings)
        values = [
            self.item.read(item, f"{path}[{_label(item, index)}]", findings)
            for index, item in enumerate(node.items)
        ]
        read = tuple(value for value in values if value is not None)
        if self.unique:
            _refuse_repeats(read, findings)
        return Value(content=read, where=node.where, path=path)

    def json_schema(self) -> dict[str, Any]:
        """An array."""
        schema: dict[str, Any] = {"type": "array", "items": self.item.json_schema()}
        if self.least:
            schema["minItems"] = self.least
        if self.unique:
            schema["uniqueItems"] = True
        return schema


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """A mapping whose keys the user invents."""

    key: str
    key_pattern: str
    key_example: str
    value: Shape
    least: int = 0

    @property
    def expected(self) -> str:
        """For instance: a mapping from cloud."""
        return f"a mapping from {self.key} to {self.value.expected}"

    def _nearest_key(self, key: str) -> str:
        lowered = key.lower()
        fits = re.fullmatch(self.key_pattern, lowered)
        return f"Write `{lowered}`." if fits else f"For example `{self.key_example}`."

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """A Record of the well-formed entries."""
        if not isinstance(node, MapNode) or len(node.entries) < self.least:
            return refuse(self, node, path, findings)
        values = {}
        for entry in node.entries:
            key = entry.key.text
            if not re.fullmatch(self.key_pattern, key):
                findings.add(
                    Diagnostic(
                        code="key-unknown",
                        subject=f"{path}.{shortened(key)}",
                        summary=f'"{shortened(key)}" is not {self.key}',
                        hint=self._nearest_key(key),
                        where=entry.key.where,
                    )
                )
                continue
            value = self.value.read(entry.value, f"{path}.{key}", findings)
            if value is not None:
                values[key] = value
        return record(path, node, values)

    def json_schema(self) -> dict[str, Any]:
        """An object with additional properties."""
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^({self.key_pattern})$"},
            "additionalProperties": self.value.json_schema(),
            **({"minProperties": self.least} if self.least else {}),
        }


def record(path: str, node: Node, values: dict[str, Value]) -> Value:
    """The value of a mapping of which *values* are what is well-formed."""
    content = Record(path=path, where=node.where, values=values)
    return Value(content=content, where=node.where, path=path)


def _refuse_repeats(values: Sequence[Value], findings: Findings) -> None:
    first: dict[Any, Value] = {}
    for value in values:
        earlier = first.setdefault(value.content, value)
        if earlier is not value:
            findings.at(
                value,
                code="value-repeated",
                summary=f"{value.content} is in this list twice",
                hint="Keep one.",
            )


def _label(item: Node, index: int) -> str:
    """How an element is called in a path: by its name if it has one."""
    name = item.find("name") if isinstance(item, MapNode) else None
    if isinstance(name, Scalar) and name.kind is ScalarKind.TEXT and name.text:
        return shortened(name.text)
    return str(index)
