"""Values of variables in the places of a fleet.yaml that refer to them: `${var.region}`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from broker.domain.diagnostics import Diagnostic, Where
from broker.domain.errors import SpecInvalid
from broker.spec.findings import Findings
from broker.spec.nodes import Entry, ListNode, MapNode, Node, Scalar, ScalarKind, shortened
from broker.spec.variable_fields import NAME_PATTERN
from broker.spec.variables import Variable, undeclared
from broker.spec.yaml_builder import MAX_NODES

REFERS = "${var."
_WHOLE = re.compile(rf"\$\{{var\.({NAME_PATTERN})\}}")
_PART = re.compile(rf"\$\$\{{|\$\{{(?:var\.({NAME_PATTERN})\}})?")
MAX_CHARACTERS = 2**20
"""Of all text that values become a part of: a fleet has no more without them."""

HIDDEN = "(sensitive)"

SHORTEST_SECRET = 4
"""Shorter ones stand in texts for other reasons."""


@dataclass(slots=True, kw_only=True)
class Substitution:
    """Puts values into nodes, one after the other; *origins* says afterwards where which were put.

    *declared* are the names of all variables, *values* those that have one. Raises SpecInvalid when
    values would make a fleet larger than a file may be.
    """

    declared: tuple[str, ...]
    values: Mapping[str, Variable]
    findings: Findings
    origins: dict[Where, tuple[Variable, ...]] = field(default_factory=dict)
    _nodes: int = 0
    _characters: int = 0

    def put_into(self, node: Node) -> Node:
        """*node* with values in place of references, each where the reference stood."""
        match node:
            case MapNode():
                return replace(node, entries=tuple(self._entry(entry) for entry in node.entries))
            case ListNode():
                return replace(node, items=tuple(self.put_into(item) for item in node.items))
            case Scalar(kind=ScalarKind.TEXT) if "${" in node.text:
                return self._replaced(node)
            case _:
                return node

    def _entry(self, entry: Entry) -> Entry:
        if REFERS in entry.key.text:
            self._refuse("A key can not be a variable", entry.key, "Write the key out.")
        return replace(entry, value=self.put_into(entry.value))

    def _replaced(self, node: Scalar) -> Node:
        whole = _WHOLE.fullmatch(node.text)
        if whole is None:
            return self._text(node)
        variable = self._variable(whole[1], node)
        if variable is None:
            return node
        self._count(variable.value, node)
        self.origins[node.where] = (variable,)
        return _at(variable.value, node.where)

    def _text(self, node: Scalar) -> Node:
        """A longer text with values as parts of it."""
        used: list[Variable] = []

        def part(match: re.Match[str]) -> str:
            if match[0] == "$${":
                return "${"
            if match[1] is None:
                hint = (
                    "A variable is `${var.NAME}`; `$${` stands for the two characters themselves."
                )
                self._refuse(f"`{shortened(node.text)}` holds no variable after `${{`", node, hint)
                return match[0]
            variable = self._variable(match[1], node)
            if variable is None:
                return match[0]
            if not isinstance(variable.value, Scalar):
                summary = f"var.{variable.name} is a list, and no part of a longer text"
                self._refuse(summary, node, f'A list stands alone: "${{var.{variable.name}}}".')
                return match[0]
            used.append(variable)
            self._count(variable.value, node)
            return variable.value.text

        text = _PART.sub(part, node.text)
        if used:
            self.origins[node.where] = tuple(used)
        return replace(node, text=text)

    def _variable(self, name: str, node: Scalar) -> Variable | None:
        if name not in self.declared:
            self.findings.add(undeclared(name, self.declared, self.findings, where=node.where))
        return self.values.get(name)

    def _refuse(self, summary: str, node: Scalar, hint: str) -> None:
        self.findings.add(
            Diagnostic(
                code="variable-reference",
                subject=node.where.file,
                summary=summary,
                hint=hint,
                where=node.where,
            )
        )

    def _count(self, value: Node, node: Scalar) -> None:
        """Hold the fleet to the bounds of a file, whatever values are used how often."""
        items = value.items if isinstance(value, ListNode) else (value,)
        self._nodes += len(items)
        self._characters += sum(len(item.text) for item in items if isinstance(item, Scalar))
        if self._nodes > MAX_NODES or self._characters > MAX_CHARACTERS:
            raise SpecInvalid(
                *self.findings.found,
                Diagnostic(
                    code="yaml-size",
                    subject=node.where.file,
                    summary=f"More than {MAX_NODES:,} values, or {MAX_CHARACTERS:,} characters, "
                    "out of variables",
                    hint="Describe equal workloads once, with `replicas`.",
                    where=node.where,
                ),
            )


def _at(value: Node, where: Where) -> Node:
    if isinstance(value, ListNode):
        return ListNode(items=tuple(_at(item, where) for item in value.items), where=where)
    return replace(value, where=where)


def told(
    finding: Diagnostic, origins: Mapping[Where, tuple[Variable, ...]], secrets: tuple[str, ...]
) -> Diagnostic:
    """*finding*, with who gave what stands at its place, and without the values of *secrets*."""
    used = origins.get(finding.where, ()) if finding.where is not None else ()
    own = tuple(v.value.text for v in used if v.is_sensitive and isinstance(v.value, Scalar))
    given = "; ".join(f"var.{variable.name} comes from {variable.source}" for variable in used)
    hiding = (*own, *secrets)
    hidden = replace(
        finding,
        subject=_without(finding.subject, hiding),
        summary=_without(finding.summary, hiding),
        detail=_without(finding.detail, hiding),
        hint=_without(finding.hint, hiding),
    )
    detail = "\n".join(line for line in (hidden.detail, given) if line)
    return replace(hidden, detail=detail)


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN).replace(shortened(secret), HIDDEN)
    return text


def secrets_of(variables: Iterable[Variable]) -> tuple[str, ...]:
    """Texts of sensitive values that are long enough to be known again wherever they stand."""
    values = (variable.value for variable in variables if variable.is_sensitive)
    nodes = (item for v in values for item in (v.items if isinstance(v, ListNode) else (v,)))
    texts = (node.text for node in nodes if isinstance(node, Scalar))
    return tuple(text for text in texts if len(text) >= SHORTEST_SECRET)
