"""Holds inputs to their shape, and tells all that does not fit."""

from collections.abc import Iterator, Mapping
from typing import Any

from stacks.sandbox.findings import Finding
from stacks.sandbox.shapes.declared import Shapes
from stacks.sandbox.shapes.shape import (
    EitherOf,
    ListOf,
    MapOf,
    OneWord,
    Record,
    RecordOf,
    Scalar,
    Shape,
)
from stacks.sandbox.values import UNKNOWN

SPECIAL = "4dabf18193072939515e22adb298388d"
"""The key that marks assets, archives and other values that are no plain maps."""

INTERNAL = ("__defaults", "__internal")
"""Keys that the engine's side keeps for itself."""

PACKAGES = {
    "aws": "pulumi_aws",
    "azure-native": "pulumi_azure_native",
    "gcp": "pulumi_gcp",
    "kubernetes": "pulumi_kubernetes",
}


class ShapeCheck:
    """Checks the resources of one *package* (`aws`)."""

    def __init__(self, package: str) -> None:
        self._shapes = Shapes(PACKAGES[package])

    def resource(self, type: str, inputs: Mapping[str, Any]) -> list[Finding]:  # noqa: A002
        """All that does not fit; nothing for a *type* that the package does not declare."""
        record = self._shapes.resource(*_declaration(type))
        return list(self._record("", inputs, record)) if record else []

    def properties(self, type: str) -> list[str]:  # noqa: A002
        """What a resource of *type* can be made with; nothing for one that the package does not declare."""
        record = self._shapes.resource(*_declaration(type))
        return sorted(record.fields) if record else []

    def _record(self, path: str, value: Any, record: Record) -> Iterator[Finding]:
        if not isinstance(value, Mapping):
            yield _wrong(path, "an object", value)
            return
        for key in sorted(record.required):
            if value.get(key) is None:
                yield Finding(_below(path, key), f"Missing required argument: {_below(path, key)}")
        for key, below in sorted(value.items()):
            if key in record.fields:
                yield from self._check(_below(path, key), below, record.fields[key])
            elif key not in INTERNAL:
                yield Finding(_below(path, key), f"Unsupported argument: {_below(path, key)}")

    def _check(self, path: str, value: Any, shape: Shape) -> Iterator[Finding]:
        if value is None or value == UNKNOWN or _is_special(value):
            return
        match shape:
            case Scalar(kind) if not _is(kind, value):
                yield _wrong(path, f"a {kind}", value)
            case OneWord(words) if value not in words:
                yield _wrong(path, f"one of {', '.join(words)}", value)
            case EitherOf(shapes):
                found = [list(self._check(path, value, one)) for one in shapes]
                yield from min(found, key=len, default=[])  # by the shape that fits best
            case _:
                yield from self._nested(path, value, shape)

    def _nested(self, path: str, value: Any, shape: Shape) -> Iterator[Finding]:
        match shape:
            case ListOf(each):
                yield from self._list(path, value, each)
            case MapOf(each):
                yield from self._map(path, value, each)
            case RecordOf():
                record = self._shapes.record(shape)
                yield from self._record(path, value, record) if record else ()
            case _:
                return

    def _list(self, path: str, value: Any, each: Shape) -> Iterator[Finding]:
        if not isinstance(value, list):
            yield _wrong(path, "a list", value)
            return
        for place, below in enumerate(value):
            yield from self._check(f"{path}[{place}]", below, each)

    def _map(self, path: str, value: Any, each: Shape) -> Iterator[Finding]:
        if not isinstance(value, Mapping):
            yield _wrong(path, "an object", value)
            return
        for key, below in value.items():
            yield from self._check(_below(path, key), below, each)


def _declaration(type: str) -> tuple[str, str]:  # noqa: A002  # the engine's word
    """Module and class of a token: `aws:eks/nodeGroup:NodeGroup` is NodeGroup of eks."""
    package, module, name = type.split(":")
    if package == "kubernetes":
        group, _, version = module.partition("/")
        return f"{group.partition('.')[0]}/{version}", name
    if package == "azure-native":
        return module, name
    return module.partition("/")[0].removeprefix("index"), name


def _is(kind: str, value: Any) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def _is_special(value: Any) -> bool:
    return isinstance(value, Mapping) and SPECIAL in value


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _wrong(path: str, expected: str, value: Any) -> Finding:
    shown = str(value)
    return Finding(path, f"expected {path or 'the inputs'} to be {expected}, got {shown[:80]!r}")
