"""The few forms a fleet.yaml is made of: each reads a node, and states itself as JSON Schema.

A shape's `read` gives the value with its place, or None when it is not of that shape; then it has
added a finding. So one table serves both the check and the published schema.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Protocol

from broker.domain.diagnostics import Diagnostic
from broker.spec.findings import Findings
from broker.spec.nodes import (
    ListNode,
    MapNode,
    Node,
    Scalar,
    ScalarKind,
    described,
    exact_number,
)
from broker.spec.values import Value

MAX_TEXT = 256


class Shape(Protocol):
    """What a value has to look like."""

    @property
    def expected(self) -> str:
        """In words, after `expected`: `a whole number`."""
        ...

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """The value of *node*, or None with a finding."""
        ...

    def json_schema(self) -> dict[str, Any]:
        """The same in JSON Schema, as far as that can say it."""
        ...


def refuse(
    shape: Shape, node: Node, path: str, findings: Findings, *, hint: str = ""
) -> Value | None:
    """Say that *node* is not of *shape*: the value is None."""
    findings.add(
        Diagnostic(
            code="value-wrong",
            subject=path,
            summary=f"Expected {shape.expected}, found {described(node)}",
            hint=hint,
            where=node.where,
        )
    )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A scalar that is text, matching *pattern* as a whole; *parse* may still refuse it."""

    expected: str
    pattern: str = r"\S(.*\S)?"
    parse: Callable[[str], Any] = str
    longest: int = MAX_TEXT

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """The parsed text."""
        if not isinstance(node, Scalar) or node.kind is not ScalarKind.TEXT:
            hint = "Put it in quotes if it is meant as text." if isinstance(node, Scalar) else ""
            return refuse(self, node, path, findings, hint=hint)
        content = self._parsed(node.text)
        if content is None:
            return refuse(self, node, path, findings)
        return Value(content=content, where=node.where, path=path)

    def _parsed(self, text: str) -> Any | None:
        if len(text) > self.longest or not re.fullmatch(self.pattern, text):
            return None
        try:
            return self.parse(text)
        except ValueError:
            return None

    def json_schema(self) -> dict[str, Any]:
        """A string with a pattern."""
        return {"type": "string", "pattern": f"^({self.pattern})$", "maxLength": self.longest}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Any scalar, kept as it is written: `1.10` stays `1.10`."""

    expected: str = "one line of text"

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """The text."""
        if (
            not isinstance(node, Scalar)
            or node.kind is ScalarKind.NOTHING
            or len(node.text) > MAX_TEXT
            or "\n" in node.text
        ):
            return refuse(self, node, path, findings)
        return Value(content=node.text, where=node.where, path=path)

    def json_schema(self) -> dict[str, Any]:
        """A string, a number or a truth value."""
        return {
            "type": ["string", "number", "boolean"],
            "maxLength": MAX_TEXT,
            "pattern": r"^[^\n]*$",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Yes or no, as YAML 1.2 writes them."""

    expected: str = "true or false"

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """Whether it is true."""
        if not isinstance(node, Scalar) or node.kind is not ScalarKind.TRUTH:
            return refuse(self, node, path, findings)
        return Value(content=node.text.lower() == "true", where=node.where, path=path)

    def json_schema(self) -> dict[str, Any]:
        """A truth value."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number between bounds, exact; *above* and *below* are bounds that are not reached."""

    expected: str
    whole: bool = False
    least: int | None = None
    above: int | None = None
    most: int | None = None
    below: int | None = None
    parse: Callable[[Fraction], Any] = Fraction

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """The parsed number."""
        if not isinstance(node, Scalar) or node.kind is not ScalarKind.NUMBER:
            return refuse(self, node, path, findings)
        number = exact_number(node.text)
        if not self._holds(number):
            return refuse(self, node, path, findings)
        return Value(content=self.parse(number), where=node.where, path=path)

    def _holds(self, number: Fraction) -> bool:
        return (
            (not self.whole or number.denominator == 1)
            and (self.least is None or number >= self.least)
            and (self.above is None or number > self.above)
            and (self.most is None or number <= self.most)
            and (self.below is None or number < self.below)
        )

    def json_schema(self) -> dict[str, Any]:
        """A number or integer with bounds."""
        bounds = {
            "minimum": self.least,
            "exclusiveMinimum": self.above,
            "maximum": self.most,
            "exclusiveMaximum": self.below,
        }
        stated = {key: bound for key, bound in bounds.items() if bound is not None}
        return {"type": "integer" if self.whole else "number", **stated}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of a few words."""

    words: type[StrEnum]

    @property
    def expected(self) -> str:
        """The words."""
        *others, last = [str(word) for word in self.words]
        return f"{', '.join(others)} or {last}" if others else last

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """The member."""
        known = [str(word) for word in self.words]
        if not isinstance(node, Scalar) or node.kind is not ScalarKind.TEXT:
            return refuse(self, node, path, findings)
        if node.text not in known:
            hint = findings.suggestion(node.text, known)
            return refuse(self, node, path, findings, hint=hint)
        return Value(content=self.words(node.text), where=node.where, path=path)

    def json_schema(self) -> dict[str, Any]:
        """An enum."""
        return {"enum": [str(word) for word in self.words]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """The first of several scalar shapes that fits."""

    expected: str
    options: Sequence[Shape]

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """What the first fitting option makes of it."""
        for option in self.options:
            value = option.read(node, path, Findings())
            if value is not None:
                return value
        return refuse(self, node, path, findings)

    def json_schema(self) -> dict[str, Any]:
        """Any of them."""
        return {"anyOf": [option.json_schema() for option in self.options]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ByKind:
    """A scalar of one shape, a list of another, a mapping of a third; None: not allowed."""

    scalar: Shape | None = None
    list_: Shape | None = None
    map_: Shape | None = None

    @property
    def expected(self) -> str:
        """All that are allowed."""
        return " or ".join(shape.expected for shape in self._allowed())

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """What the shape for that kind of node makes of it."""
        shape = {Scalar: self.scalar, ListNode: self.list_, MapNode: self.map_}[type(node)]
        if shape is None or (isinstance(node, Scalar) and node.kind is ScalarKind.NOTHING):
            return refuse(self, node, path, findings)
        if not isinstance(node, Scalar):
            return shape.read(node, path, findings)
        alone = Findings()
        value = shape.read(node, path, alone)
        return value or refuse(self, node, path, findings, hint=alone.found[0].hint)

    def json_schema(self) -> dict[str, Any]:
        """Any of them; they never overlap."""
        return {"anyOf": [shape.json_schema() for shape in self._allowed()]}

    def _allowed(self) -> list[Shape]:
        return [s for s in (self.scalar, self.list_, self.map_) if s is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anything:
    """Whatever is there; a later rule decides."""

    expected: str = "anything"

    def read(self, node: Node, path: str, findings: Findings) -> Value | None:
        """The node itself."""
        return Value(content=node, where=node.where, path=path)

    def json_schema(self) -> dict[str, Any]:
        """No bound at all."""
        return {}
