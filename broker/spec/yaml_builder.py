"""Nodes out of the events of a YAML parser: without recursion, and within bounds."""

from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from broker.domain.diagnostics import Diagnostic, Where
from broker.domain.errors import SpecInvalid
from broker.spec.characters import invisible_in
from broker.spec.nodes import (
    Entry,
    ListNode,
    MapNode,
    Node,
    Scalar,
    ScalarKind,
    is_countable,
    plain_kind,
    shortened,
)

MAX_DEPTH = 64
MAX_ALIASES = 100
MAX_NODES = 100_000


@dataclass(slots=True, kw_only=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    where: Where
    is_map: bool
    anchor: str | None
    items: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    keys: dict[str, Where] = field(default_factory=dict)
    key: Node | None = None
    size: int = 1
    height: int = 1

    def node(self) -> Node:
        """The finished node."""
        if self.is_map:
            return MapNode(entries=tuple(self.entries), where=self.where)
        return ListNode(items=tuple(self.items), where=self.where)


@dataclass(slots=True, kw_only=True)
class _Anchored:
    """A finished node, how many nodes it stands for, and how deep it goes."""

    node: Node
    size: int
    height: int


@dataclass(slots=True, kw_only=True)
class Builder:
    """Takes events in their order; afterwards *root* is the document, None if there was none.

    Raises SpecInvalid, with the *findings* up to there, when a bound is passed.
    """

    file: str
    root: Node | None = None
    findings: list[Diagnostic] = field(default_factory=list)
    _stack: list[_Open] = field(default_factory=list)
    _anchors: dict[str, _Anchored | None] = field(default_factory=dict)
    _aliases: int = 0
    _nodes: int = 0

    def take(self, event: yaml.Event) -> None:
        """Use one event."""
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._begin(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._document(event)
            case _:
                pass

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        where = self._where(event)
        if self.root is not None:
            self._stop(
                Diagnostic(
                    code="yaml-documents",
                    subject=self.file,
                    summary="A second document begins here; a fleet is one document",
                    hint="Keep one document per file.",
                    where=where,
                )
            )
        if event.version is not None and event.version != (1, 2):
            version = ".".join(str(part) for part in event.version)
            self._note(
                Diagnostic(
                    code="yaml-version",
                    subject=self.file,
                    summary=f"%YAML {version} is asked for; this file is read as YAML 1.2",
                    hint="Remove the %YAML line.",
                    where=where,
                )
            )

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        where = self._where(event)
        self._refuse_tag(event.tag, where)
        text: str = event.value
        kind = plain_kind(text) if event.implicit[0] else ScalarKind.TEXT
        self._count(1, where)
        node = Scalar(text=text, kind=kind, where=where)
        self._check_characters(node)
        if kind is ScalarKind.NUMBER and not is_countable(text):
            self._note(
                Diagnostic(
                    code="yaml-number",
                    subject=self.file,
                    summary=f"{shortened(text)} is not a number that can be counted with",
                    hint="Write a finite number, or put text in quotes.",
                    where=where,
                )
            )
            node = Scalar(text="0", kind=kind, where=where)
        self._finish(_Anchored(node=node, size=1, height=0), event.anchor)

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        where = self._where(event)
        self._refuse_tag(event.tag, where)
        self._bound_depth(1, where)
        self._count(1, where)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        is_map = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(_Open(where=where, is_map=is_map, anchor=event.anchor))

    def _end(self) -> None:
        done = self._stack.pop()
        anchored = _Anchored(node=done.node(), size=done.size, height=done.height)
        self._finish(anchored, done.anchor)

    def _alias(self, event: yaml.AliasEvent) -> None:
        where = self._where(event)
        name = event.anchor or ""
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            self._stop(_bad_alias(f"More than {MAX_ALIASES} aliases", self.file, where))
        target = self._anchors.get(name)
        if target is None:
            reason = "contains itself" if name in self._anchors else "has no anchor before it"
            self._stop(_bad_alias(f"The alias *{shortened(name)} {reason}", self.file, where))
        self._bound_depth(target.height, where)
        self._count(target.size, where)
        self._finish(target, None)

    def _finish(self, done: _Anchored, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = done
        if not self._stack:
            self.root = done.node
            return
        parent = self._stack[-1]
        parent.size += done.size
        parent.height = max(parent.height, done.height + 1)
        if not parent.is_map:
            parent.items.append(done.node)
        elif parent.key is None:
            parent.key = done.node
        else:
            key, parent.key = parent.key, None
            self._add_entry(parent, key, done.node)

    def _add_entry(self, parent: _Open, key: Node, value: Node) -> None:
        if not isinstance(key, Scalar):
            self._note(
                Diagnostic(
                    code="yaml-key",
                    subject=self.file,
                    summary="A key is a list or a mapping; keys are single words",
                    hint="Write `key: value`.",
                    where=key.where,
                )
            )
            return
        first = parent.keys.setdefault(key.text, key.where)
        if first is not key.where:
            self._note(
                Diagnostic(
                    code="key-repeated",
                    subject=shortened(key.text),
                    summary=f"`{shortened(key.text)}` is given on line {first.line}"
                    f" and again on line {key.where.line}",
                    hint="Keep one of them.",
                    where=key.where,
                )
            )
            return
        parent.entries.append(Entry(key=key, value=value))

    def _count(self, nodes: int, where: Where) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            self._stop(
                Diagnostic(
                    code="yaml-size",
                    subject=self.file,
                    summary=f"More than {MAX_NODES:,} values, aliases written out",
                    hint="Describe equal workloads once, with `replicas`.",
                    where=where,
                )
            )

    def _bound_depth(self, more: int, where: Where) -> None:
        if len(self._stack) + more > MAX_DEPTH:
            self._stop(
                Diagnostic(
                    code="yaml-depth",
                    subject=self.file,
                    summary=f"Nested more than {MAX_DEPTH} deep",
                    hint="A fleet needs no more than seven levels.",
                    where=where,
                )
            )

    def _refuse_tag(self, tag: str | None, where: Where) -> None:
        if tag is not None:
            self._note(
                Diagnostic(
                    code="yaml-tag",
                    subject=self.file,
                    summary=f"The tag {shortened(tag)} is refused: the file holds plain data only",
                    hint="Remove the tag; put text in quotes.",
                    where=where,
                )
            )

    def _check_characters(self, node: Scalar) -> None:
        finding = invisible_in(node)
        if finding is not None:
            self._note(finding)

    def _note(self, finding: Diagnostic) -> None:
        self.findings.append(finding)

    def _stop(self, finding: Diagnostic) -> NoReturn:
        raise SpecInvalid(*self.findings, finding)

    def _where(self, event: yaml.Event) -> Where:
        mark = event.start_mark
        return Where(self.file, mark.line + 1, mark.column + 1) if mark else Where(self.file, 1, 1)


def _bad_alias(summary: str, file: str, where: Where) -> Diagnostic:
    return Diagnostic(
        code="yaml-alias",
        subject=file,
        summary=summary,
        hint="Write the values out.",
        where=where,
    )
