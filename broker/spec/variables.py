"""Values of the variables of a fleet.yaml: who gives them, and what they are taken for."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from broker.domain.diagnostics import Diagnostic, Severity, Where
from broker.domain.errors import SpecInvalid
from broker.spec.characters import invisible_in
from broker.spec.findings import Findings
from broker.spec.nodes import (
    ListNode,
    MapNode,
    Node,
    Scalar,
    ScalarKind,
    described,
    is_countable,
    plain_kind,
    shortened,
)
from broker.spec.shapes import MAX_TEXT
from broker.spec.values import Record
from broker.spec.variable_fields import (
    DECLARED,
    KINDS,
    NAME_PATTERN,
    VARIABLES,
    VariableType,
)
from broker.spec.yaml_reader import read_yaml

ENVIRONMENT = "BROKER_VAR_"
FILE = "broker.vars.yaml"
"""The file beside fleet.yaml that is read without being asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A value as it was typed: text that no YAML reader has seen."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """Values out of a file that *file* is called by."""

    file: str
    values: MapNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where values come from, the strongest first; of *typed* ones, later ones win."""

    planned: Mapping[str, Node] = field(default_factory=dict)
    typed: Sequence[Assigned | Filed] = ()
    beside: Filed | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A declared variable and its value; *source* says who gave it, for messages."""

    name: str
    value: Node
    source: str
    is_sensitive: bool = False


def valued(declared: Node | None, sources: Sources, findings: Findings) -> dict[str, Variable]:
    """Each variable that is *declared* and has a value; findings tell of all others.

    They also tell of values for what is not declared: an error where it was typed by name, a warning
    where it is in a file, which may serve several fleets.
    """
    read = None if declared is None else DECLARED.read(declared, VARIABLES, findings)
    stated: Mapping[str, Record] = (
        {} if read is None else {n: v.content for n, v in read.content.values.items()}
    )
    nodes = _defaults(declared)
    _refuse_undeclared(stated, sources, findings)
    found: dict[str, Variable] = {}
    for name, record in stated.items():
        node = nodes.get(name) if record.find("default") is not None else None
        variable = _Teller(name, record, findings).value(sources, node)
        if variable is not None:
            found[name] = variable
    return found


def _defaults(declared: Node | None) -> dict[str, Node | None]:
    if not isinstance(declared, MapNode):
        return {}
    entries = ((e.key.text, e.value) for e in declared.entries)
    return {name: node.find("default") for name, node in entries if isinstance(node, MapNode)}


@dataclass(frozen=True, slots=True)
class _Teller:
    """Finds the value of one variable, or says why there is none."""

    name: str
    record: Record
    findings: Findings

    def value(self, sources: Sources, default: Node | None) -> Variable | None:
        """The strongest value that there is."""
        given = next(_given(self.name, sources), None)
        if given is None and default is not None:
            given = f"its default ({default.where})", default
        if given is None:
            if not self._is_misstated:
                self.findings.add(_missing(self.name, self.record))
            return None
        source, value = given
        node = self._typed(value, source) if isinstance(value, str) else self._read(value, source)
        if node is None:
            return None
        return Variable(name=self.name, value=node, source=source, is_sensitive=self._is_sensitive)

    @property
    def _type(self) -> VariableType | None:
        declared: VariableType | None = self.record.content("type")
        return declared

    @property
    def _is_sensitive(self) -> bool:
        return bool(self.record.content("sensitive"))

    @property
    def _is_misstated(self) -> bool:
        """Whether there is a finding about it already, so that its default may be what is wrong."""
        return any(
            finding.subject.startswith(f"{VARIABLES}.{self.name}")
            for finding in self.findings.found
        )

    def _typed(self, text: str, source: str) -> Node | None:
        """What a text means that was typed: as it is declared, else as YAML would take it."""
        where = self.record.where
        if self._type in (VariableType.LIST, None) and text.lstrip()[:1] in tuple("[{\"'"):
            try:
                node: Node | None
                node, found = read_yaml(text, source)
            except SpecInvalid as error:
                found, node = error.diagnostics, None
            if node is None or found:
                self._refuse(source, text, where, detail=found[0].summary)
                return None
            return self._read(_moved(node, where), source)
        kind = (
            plain_kind(text) if self._type is not VariableType.STRING and text else ScalarKind.TEXT
        )
        return self._read(Scalar(text=text, kind=kind, where=where), source)

    def _read(self, node: Node, source: str) -> Node | None:
        """*node* as a value of the declared type."""
        fits = (
            all(_is_value(item) for item in node.items)
            if isinstance(node, ListNode) and self._type in (VariableType.LIST, None)
            else self._fits(node)
        )
        if not fits:
            self._refuse(source, described(node), node.where)
            return None
        if isinstance(node, Scalar) and self._type is VariableType.STRING:
            return replace(node, kind=ScalarKind.TEXT)
        return node

    def _fits(self, node: Node) -> bool:
        if not isinstance(node, Scalar) or not _is_value(node):
            return False
        return self._type in (None, VariableType.STRING) or KINDS.get(self._type) is node.kind

    def _refuse(self, source: str, shown: str, where: Where, *, detail: str = "") -> None:
        expected = "a value" if self._type is None else _EXPECTED[self._type]
        found = "" if self._is_sensitive else f", found {shown}"
        self.findings.add(
            Diagnostic(
                code="variable-value",
                subject=f"var.{self.name}",
                summary=f"{source} gives var.{self.name}: expected {expected}{found}",
                detail="" if self._is_sensitive else detail,
                hint=f"A value is one line of at most {MAX_TEXT} characters, a number, true or false, "
                "or a list of these: `[a, b]`.",
                where=where,
            )
        )


_EXPECTED = {
    VariableType.STRING: "text",
    VariableType.NUMBER: "a number",
    VariableType.BOOL: "true or false",
    VariableType.LIST: "a list such as [a, b]",
}


def _is_value(node: Node) -> bool:
    return (
        isinstance(node, Scalar)
        and node.kind is not ScalarKind.NOTHING
        and (node.kind is not ScalarKind.NUMBER or is_countable(node.text))
        and len(node.text) <= MAX_TEXT
        and "\n" not in node.text
        and invisible_in(node) is None
    )


def _moved(node: Node, where: Where) -> Node:
    """*node* as if it stood at *where*: what was typed has no place of its own in a file."""
    if isinstance(node, ListNode):
        return ListNode(items=tuple(_moved(item, where) for item in node.items), where=where)
    return replace(node, where=where)


def _given(name: str, sources: Sources) -> Iterator[tuple[str, str | Node]]:
    """Who gives a value, and the value, the strongest first."""
    if name in sources.planned:
        yield "the plan", sources.planned[name]
    for source in reversed(sources.typed):
        if isinstance(source, Filed):
            yield from _filed(name, source)
        elif source.name == name:
            yield f"-var {name}", source.text
    if sources.beside is not None:
        yield from _filed(name, sources.beside)
    for spelled in (name, name.replace("-", "_")):
        if ENVIRONMENT + spelled in sources.environment:
            yield ENVIRONMENT + spelled, sources.environment[ENVIRONMENT + spelled]


def _filed(name: str, filed: Filed) -> Iterator[tuple[str, Node]]:
    node = filed.values.find(name)
    if node is not None:
        yield str(node.where), node


def _missing(name: str, record: Record) -> Diagnostic:
    about = record.content("description")
    return Diagnostic(
        code="variable-missing",
        subject=f"var.{name}",
        summary=f"var.{name} has no value, and no default{f': {about}' if about else ''}",
        hint=f"Give it with -var {name}=VALUE, in {FILE} beside the fleet or another -var-file, or as "
        f"{ENVIRONMENT}{name.replace('-', '_')}.",
        where=record.where,
    )


def _refuse_undeclared(known: Iterable[str], sources: Sources, findings: Findings) -> None:
    names = list(known)
    for source in sources.typed:
        if isinstance(source, Assigned) and source.name not in names:
            findings.add(undeclared(source.name, names, findings, by=f"-var {source.name}"))
    files = [source for source in sources.typed if isinstance(source, Filed)]
    for filed in (*files, *(() if sources.beside is None else (sources.beside,))):
        for entry in filed.values.entries:
            if entry.key.text not in names:
                about = undeclared(entry.key.text, names, findings, where=entry.key.where)
                findings.add(replace(about, severity=Severity.WARNING))


def undeclared(
    name: str,
    known: Sequence[str],
    findings: Findings,
    *,
    where: Where | None = None,
    by: str = "",
) -> Diagnostic:
    """That nothing declares *name*, which is given or used at *where*."""
    shown = name if re.fullmatch(NAME_PATTERN, name) else shortened(name)
    return Diagnostic(
        code="variable-undeclared",
        subject=by or f"var.{shown}",
        summary=f"The fleet declares no variable `{shown}`",
        hint=findings.suggestion(name, known) or f"Declare it: `{VARIABLES}: {{{shown}: {{}}}}`.",
        where=where,
    )


def refuse_assigned(assigned: Iterable[Assigned]) -> None:
    """Raise SpecInvalid for values that were typed for a fleet without variables."""
    findings = Findings()
    for each in assigned:
        findings.add(undeclared(each.name, (), findings, by=f"-var {each.name}"))
    if findings.found:
        raise SpecInvalid(*findings.found)
