"""What a YAML file says, before anyone asks what it means: values and their places."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeAlias

from broker.domain.diagnostics import Where

SHOWN_CHARACTERS = 40


class ScalarKind(StrEnum):
    """What the YAML 1.2 core schema takes a scalar for."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value; *text* is what the user wrote, so that `1.10` never becomes `1.1`."""

    text: str
    kind: ScalarKind
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNode:
    """A sequence."""

    items: tuple["Node", ...]
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key and its value; keys are always text (`on:` is a key named on)."""

    key: Scalar
    value: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A mapping; no key appears twice."""

    entries: tuple[Entry, ...]
    where: Where

    def find(self, key: str) -> "Node | None":
        """The value of *key*."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)


Node: TypeAlias = Scalar | ListNode | MapNode

_NOTHING = re.compile(r"|~|null|Null|NULL")
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE](?P<exponent>[-+]?[0-9]+))?")
_HEX_OR_OCTAL = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

MAX_NUMBER_CHARACTERS = 40
MAX_EXPONENT = 18


def plain_kind(text: str) -> ScalarKind:
    """The kind of an unquoted scalar, by the YAML 1.2 core schema.

    >>> [str(plain_kind(text)) for text in ("NO", "on", "12:30:45", "010", "true", "~")]
    ['text', 'text', 'text', 'number', 'truth', 'nothing']
    """
    if _NOTHING.fullmatch(text):
        return ScalarKind.NOTHING
    if _TRUTH.fullmatch(text):
        return ScalarKind.TRUTH
    if any(form.fullmatch(text) for form in (_DECIMAL, _HEX_OR_OCTAL, _NOT_FINITE)):
        return ScalarKind.NUMBER
    return ScalarKind.TEXT


def is_countable(text: str) -> bool:
    """Whether a number is finite and small enough to be taken as an exact fraction."""
    if len(text) > MAX_NUMBER_CHARACTERS or _NOT_FINITE.fullmatch(text):
        return False
    match = _DECIMAL.fullmatch(text)
    exponent = int(match["exponent"] or 0) if match else 0
    return abs(exponent) <= MAX_EXPONENT


def exact_number(text: str) -> Fraction:
    """The value of a number for which `is_countable` holds.

    >>> exact_number("0.25"), exact_number("010"), exact_number("0x1F")
    (Fraction(1, 4), Fraction(10, 1), Fraction(31, 1))
    """
    if _HEX_OR_OCTAL.fullmatch(text):
        return Fraction(int(text, 0))
    return Fraction(Decimal(text))


def plain(node: Node) -> Any:
    """The bare data, numbers as their text: what the digest of a file is made of."""
    match node:
        case MapNode():
            return {entry.key.text: plain(entry.value) for entry in node.entries}
        case ListNode():
            return [plain(item) for item in node.items]
        case Scalar(kind=ScalarKind.NOTHING):
            return None
        case Scalar(kind=ScalarKind.TRUTH):
            return node.text.lower() == "true"
        case Scalar():
            return node.text


def node_of(data: Any, where: Where) -> Node:
    """The reverse of `plain` for a default: text, numbers, truths, lists and mappings."""
    if isinstance(data, Mapping):
        entries = (
            Entry(key=Scalar(text=key, kind=ScalarKind.TEXT, where=where), value=node_of(v, where))
            for key, v in data.items()
        )
        return MapNode(entries=tuple(entries), where=where)
    if isinstance(data, (list, tuple)):
        return ListNode(items=tuple(node_of(item, where) for item in data), where=where)
    if isinstance(data, bool):
        return Scalar(text=str(data).lower(), kind=ScalarKind.TRUTH, where=where)
    kind = ScalarKind.TEXT if isinstance(data, str) else ScalarKind.NUMBER
    return Scalar(text=str(data), kind=kind, where=where)


def described(node: Node) -> str:
    """For messages that say what was found."""
    match node:
        case MapNode():
            return "a mapping" if node.entries else "an empty mapping"
        case ListNode():
            return "a list" if node.items else "an empty list"
        case Scalar(kind=ScalarKind.NOTHING):
            return "nothing"
        case Scalar(kind=ScalarKind.TEXT):
            return f'"{shortened(node.text)}"'
        case Scalar():
            return shortened(node.text)


def shortened(text: str) -> str:
    """*text* on one line, cut to what a message can hold."""
    line = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"
