"""The shapes that hold others: lists, mappings with free keys, mappings with known keys."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.spec.findings import Findings
from broker.spec.nodes import Entry, ListNode, MapNode, Node, Scalar, ScalarKind, node_of, shortened
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
    value: Shape
    least: int = 0

    @property
    def expected(self) -> str:
        """For instance: a mapping from cloud."""
        return f"a mapping from {self.key} to {self.value.expected}"

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
                        where=entry.key.where,
                    )
                )
                continue
            value = self.value.read(entry.value, f"{path}.{key}", findings)
            if value is not None:
                values[key] = value
        return _record(path, node, values)

    def json_schema(self) -> dict[str, Any]:
        """An object with additional properties."""
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^({self.key_pattern})$"},
            "additionalProperties": self.value.json_schema(),
            **({"minProperties": self.least} if self.least else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a mapping; *default* is written as in the file, None meaning none."""

    name: str
    shape: Shape
    about: str
    required: bool = False
    default: Any = None
    examples: Sequence[Any] = ()

    def json_schema(self) -> dict[str, Any]:
        """The shape with what it is for."""
        schema = self.shape.json_schema() | {"description": self.about}
        if self.default is not None:
            schema["default"] = self.default
        if self.examples:
            schema["examples"] = list(self.examples)
        return schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A mapping with known keys, and rules about which go together.

    *one_of*: exactly one of each group is given; *never_both*: at most one; *any_of*: at least
    one; *together*: all or none.
    """

    expected: str
    fields: Sequence[Field]
    one_of: Sequence[tuple[str, ...]] = ()
    never_both: Sequence[tuple[str, str]] = ()
    any_of: Sequence[tuple[str, ...]] = ()
    together: Sequence[tuple[str, str]] = ()

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """A Record; findings about single keys leave the others in it."""
        if not isinstance(node, MapNode):
            return refuse(self, node, path, findings)
        by_name = {field.name: field for field in self.fields}
        for entry in node.entries:
            if entry.key.text not in by_name:
                _unknown_key(entry, path, by_name, findings)
        given = {entry.key.text for entry in node.entries}
        for summary in self._missing(given):
            findings.add(
                Diagnostic(code="key-missing", subject=path, summary=summary, where=node.where)
            )
        for summary in self._conflicts(given):
            findings.add(
                Diagnostic(code="key-conflict", subject=path, summary=summary, where=node.where)
            )
        values = {field.name: self._value(field, node, path, findings) for field in self.fields}
        return _record(path, node, {name: v for name, v in values.items() if v is not None})

    def _value(self, field: Field, node: MapNode, path: str, findings: Findings) -> Value | None:
        given = node.find(field.name)
        if given is None and field.default is not None:
            given = node_of(field.default, node.where)
        below = f"{path}.{field.name}" if path else field.name
        return None if given is None else field.shape.read(given, below, findings)

    def _missing(self, given: set[str]) -> Iterator[str]:
        for field in self.fields:
            if field.required and field.name not in given:
                yield f"`{field.name}` is missing: {field.about[0].lower()}{field.about[1:]}"
        for group in (*self.one_of, *self.any_of):
            if given.isdisjoint(group):
                yield f"One of {_names(group)} is missing"
        for pair in self.together:
            if len(given.intersection(pair)) == 1:
                missing = next(name for name in pair if name not in given)
                yield f"`{missing}` is missing: {_names(pair, 'and')} go together"

    def _conflicts(self, given: set[str]) -> Iterator[str]:
        for group in (*self.one_of, *self.never_both):
            both = [name for name in group if name in given]
            if len(both) > 1:
                yield f"{_names(both, 'and')} exclude each other: keep one"

    def json_schema(self) -> dict[str, Any]:
        """An object that allows no other key."""
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {field.name: field.json_schema() for field in self.fields},
            "additionalProperties": False,
        }
        required = [field.name for field in self.fields if field.required]
        if required:
            schema["required"] = required
        if self.together:
            schema["dependentRequired"] = {
                a: [b] for pair in self.together for a, b in (pair, pair[::-1])
            }
        rules: list[dict[str, Any]] = [
            {"oneOf": [{"required": [n]} for n in group]} for group in self.one_of
        ]
        rules += [{"anyOf": [{"required": [n]} for n in group]} for group in self.any_of]
        rules += [{"not": {"required": list(pair)}} for pair in self.never_both]
        return schema | ({"allOf": rules} if rules else {})


def _record(path: str, node: Node, values: dict[str, Value]) -> Value:
    record = Record(path=path, where=node.where, values=values)
    return Value(content=record, where=node.where, path=path)


def _unknown_key(entry: Entry, path: str, known: dict[str, Field], findings: Findings) -> None:
    key = shortened(entry.key.text)
    findings.add(
        Diagnostic(
            code="key-unknown",
            subject=f"{path}.{key}" if path else key,
            summary=f"There is no key `{key}` here",
            detail=f"Known keys: {', '.join(known)}",
            hint=findings.suggestion(entry.key.text, known),
            where=entry.key.where,
        )
    )


def _refuse_repeats(values: Sequence[Value], findings: Findings) -> None:
    first: dict[Any, Value] = {}
    for value in values:
        earlier = first.setdefault(value.content, value)
        if earlier is not value:
            findings.add(
                Diagnostic(
                    code="value-repeated",
                    subject=value.path,
                    summary=f"{value.content} is in this list twice",
                    hint="Keep one.",
                    where=value.where,
                )
            )


def _label(item: Node, index: int) -> str:
    """How an element is called in a path: by its name if it has one."""
    name = item.find("name") if isinstance(item, MapNode) else None
    if isinstance(name, Scalar) and name.kind is ScalarKind.TEXT and name.text:
        return shortened(name.text)
    return str(index)


def _names(names: Sequence[str], joined: str = "or") -> str:
    quoted = [f"`{name}`" for name in names]
    return f"{', '.join(quoted[:-1])} {joined} {quoted[-1]}"
