"""Objects in memory, with the conditions of a bucket; they pass its contract suite."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import RLock

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, Unavailable
from broker.ports.objects import Objects, Stored


@dataclass
class MemoryObjects:
    """*before_put* is called before each write: to let somebody else be faster, or to fail.

    *before_remove* may fail, too.
    """

    held: dict[str, Stored] = field(default_factory=dict)
    before_put: Callable[[str], None] = lambda name: None
    before_remove: Callable[[str], None] = lambda name: None
    lose_answers: bool = False
    _writes: int = 0
    _guard: RLock = field(default_factory=RLock)

    @property
    def address(self) -> str:
        return "memory://bucket"

    def read(self, name: str) -> Stored | None:
        return self.held.get(name)

    def put(self, name: str, content: bytes, *, expected: str | None) -> str | None:
        self.before_put(name)
        with self._guard:
            there = self.held.get(name)
            if (None if there is None else there.version) != expected:
                return None
            self._writes += 1
            self.held[name] = Stored(content=content, version=f"v{self._writes}")
            # A client that repeats a request of which the answer was lost finds its own work.
            return None if self.lose_answers else self.held[name].version

    def names(self, beginning: str) -> Sequence[str]:
        return sorted(name for name in self.held if name.startswith(beginning))

    def remove(self, name: str) -> None:
        self.before_remove(name)
        self.held.pop(name, None)


_: type[Objects] = MemoryObjects


def unreachable(_: str) -> None:
    """A network that is down."""
    raise Unavailable(Diagnostic(code="bucket-unreachable", subject="memory", summary="Down"))


def failures(objects: Objects) -> list[BrokerError]:
    """What each question comes to, where all of them fail; no answer gives a credential away."""
    found = []
    for attempt in (
        lambda: objects.read("state.json"),
        lambda: objects.put("state.json", b"x", expected=None),
        lambda: objects.names(""),
        lambda: objects.remove("state.json"),
    ):
        with pytest.raises(BrokerError) as caught:
            attempt()
        assert "canary" not in repr(caught.value.diagnostics)
        found.append(caught.value)
    return found
