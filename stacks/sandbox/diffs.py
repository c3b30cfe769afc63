"""What differs between two sets of inputs, and what of that can not be changed in place."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from stacks.sandbox.replacing import forces_replacement

PLACE = re.compile(r"\[\d+\]")

QUOTED = re.compile(r'[.\["\]]|^$')
"""Keys that hold what paths are made of: as the engine does, they are written `labels["a.b/c"]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One *path* (`taints[0].key`) that was added, deleted or changed; *forces* a new resource."""

    path: str
    kind: str
    forces: bool

    @property
    def property(self) -> str:
        """The input that it is within."""
        return top(self.path)


def differences(
    type: str,  # noqa: A002  # the engine's word
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    ignored: Collection[str] = (),
) -> list[Difference]:
    """All that differ, by path, without those that are within *ignored* paths."""
    return [
        Difference(path=path, kind=kind, forces=forces_replacement(type, PLACE.sub("", path)))
        for path, kind in sorted(_walk("", before, after))
        if not any(_is_within(path, other) for other in ignored)
    ]


def top(path: str) -> str:
    """The first step of *path*."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _is_within(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}.", f"{other}["))


def _walk(path: str, before: Any, after: Any) -> list[tuple[str, str]]:
    if before == after:
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _below({_joined(path, key): key for key in {*before, *after}}, before, after)
    if isinstance(before, list) and isinstance(after, list):
        places = range(max(len(before), len(after)))
        return _below(
            {f"{path}[{place}]": place for place in places},
            dict(enumerate(before)),
            dict(enumerate(after)),
        )
    return [(path, "update")]


def _below(
    paths: Mapping[str, Any], before: Mapping[Any, Any], after: Mapping[Any, Any]
) -> list[tuple[str, str]]:
    found = []
    for path, key in paths.items():
        if key not in before:
            found.append((path, "add"))
        elif key not in after:
            found.append((path, "delete"))
        else:
            found += _walk(path, before[key], after[key])
    return found


def _joined(path: str, key: str) -> str:
    if QUOTED.search(key):
        escaped = key.replace('"', r"\"")
        return f'{path}["{escaped}"]'
    return f"{path}.{key}" if path else key
