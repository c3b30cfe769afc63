"""Mappings with known keys: which there are, what they hold, and which go together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.spec.advice import advice, written
from broker.spec.composites import ListOf, record
from broker.spec.findings import Findings
from broker.spec.nodes import Entry, MapNode, Node, node_of, shortened
from broker.spec.shapes import Choice, Shape, refuse
from broker.spec.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a mapping; *default* is written as in the file, None meaning none."""

    name: str
    shape: Shape
    about: str
    required: bool = False
    default: Any = None
    examples: Sequence[Any] = ()

    @property
    def example(self) -> Any:
        """What may be written here; None if nothing short would do."""
        if self.examples:
            return self.examples[0]
        if self.default not in (None, (), {}):
            return self.default
        shortest = _example_of(self.shape)
        return self.default if shortest is None else shortest

    def advised(self, finding: Diagnostic, path: str) -> Diagnostic:
        """*finding* about this key, at *path*, with what to write if it does not say yet."""
        if finding.hint.startswith("Did you mean") or finding.code != "value-wrong":
            return finding
        below = finding.subject.removeprefix(path)
        lists = [example for example in self.examples if isinstance(example, list) and example]
        if below.startswith("[") and "]." not in below and lists:
            text = f"For example `{written(lists[0][0])}`."
        elif not below or not finding.hint:
            text = advice(self.name, self.example)
        else:
            text = ""
        return replace(finding, hint=" ".join(part for part in (finding.hint, text) if part))

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
        for summary, missing in self._missing(given):
            findings.add(
                Diagnostic(
                    code="key-missing",
                    subject=path,
                    summary=summary,
                    hint=advice(missing, by_name[missing].example),
                    where=node.where,
                )
            )
        for both in self._conflicts(given):
            findings.add(
                Diagnostic(
                    code="key-conflict",
                    subject=path,
                    summary=f"{_names(both, 'and')} exclude each other",
                    hint=f"Keep {_names(both)}, not both.",
                    where=node.where,
                )
            )
        values = {field.name: self._value(field, node, path, findings) for field in self.fields}
        return record(path, node, {name: v for name, v in values.items() if v is not None})

    def _value(self, field: Field, node: MapNode, path: str, findings: Findings) -> Value | None:
        given = node.find(field.name)
        if given is None and field.default is not None:
            given = node_of(field.default, node.where)
        below = f"{path}.{field.name}" if path else field.name
        if given is None:
            return None
        before = len(findings.found)
        value = field.shape.read(given, below, findings)
        findings.revise(before, lambda finding: field.advised(finding, below))
        return value

    def _missing(self, given: set[str]) -> Iterator[tuple[str, str]]:
        """What to say, and a key by which it would be mended."""
        for field in self.fields:
            if field.required and field.name not in given:
                about = f"{field.about[0].lower()}{field.about[1:]}"
                yield f"`{field.name}` is missing: {about}", field.name
        for group in (*self.one_of, *self.any_of):
            if given.isdisjoint(group):
                yield f"One of {_names(group)} is missing", group[0]
        for pair in self.together:
            if len(given.intersection(pair)) == 1:
                missing = next(name for name in pair if name not in given)
                yield f"`{missing}` is missing: {_names(pair, 'and')} go together", missing

    def _conflicts(self, given: set[str]) -> Iterator[list[str]]:
        for group in (*self.one_of, *self.never_both):
            both = [name for name in group if name in given]
            if len(both) > 1:
                yield both

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


def _example_of(shape: Shape) -> Any:
    """The shortest of *shape*: the keys that it can not do without."""
    match shape:
        case Choice():
            return str(next(iter(shape.words)))
        case ListOf():
            item = _example_of(shape.item)
            return None if item is None else [item]
        case Fields():
            needed = {field.name for field in shape.fields if field.required}
            needed.update(group[0] for group in (*shape.one_of, *shape.any_of))
            needed = needed or {shape.fields[0].name}
            return {field.name: field.example for field in shape.fields if field.name in needed}
        case _:
            return None


def _unknown_key(entry: Entry, path: str, known: dict[str, Field], findings: Findings) -> None:
    key = shortened(entry.key.text)
    findings.add(
        Diagnostic(
            code="key-unknown",
            subject=f"{path}.{key}" if path else key,
            summary=f"There is no key `{key}` here",
            detail=f"Known keys: {', '.join(known)}",
            hint=findings.suggestion(entry.key.text, known) or "Remove it, or use one of those.",
            where=entry.key.where,
        )
    )


def _names(names: Sequence[str], joined: str = "or") -> str:
    quoted = [f"`{name}`" for name in names]
    return f"{', '.join(quoted[:-1])} {joined} {quoted[-1]}"
