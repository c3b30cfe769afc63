"""Objects in a bucket, with each request in the log: which object, how long it took, how it ended."""

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from broker.ports.objects import Objects, Stored

LOGGER = logging.getLogger(__name__)


class ToldObjects:
    """The same as *inner*."""

    def __init__(self, inner: Objects) -> None:
        self._inner = inner

    @property
    def address(self) -> str:
        """That of the place."""
        return self._inner.address

    def read(self, name: str) -> Stored | None:
        """Log that it is read."""
        with self._told("reads an object", name) as facts:
            stored = self._inner.read(name)
            facts["bytes"] = None if stored is None else len(stored.content)
        return stored

    def put(self, name: str, content: bytes, *, expected: str | None) -> str | None:
        """Log whether it is written."""
        with self._told("puts an object", name) as facts:
            version = self._inner.put(name, content, expected=expected)
            facts |= {"bytes": len(content), "is_written": version is not None}
        return version

    def names(self, beginning: str) -> Sequence[str]:
        """Log how many there are."""
        with self._told("lists objects", beginning) as facts:
            found = self._inner.names(beginning)
            facts["objects"] = len(found)
        return found

    def remove(self, name: str) -> None:
        """Log that it is removed."""
        with self._told("removes an object", name):
            self._inner.remove(name)

    @contextmanager
    def _told(self, what: str, name: str) -> Iterator[dict[str, Any]]:
        facts: dict[str, Any] = {"place": self.address, "object": name}
        began = time.monotonic()
        try:
            yield facts
        finally:
            error = sys.exception()
            facts |= {
                "seconds": round(time.monotonic() - began, 3),
                "outcome": "ok" if error is None else type(error).__name__,
            }
            LOGGER.debug(what, extra={"facts": facts})


_: type[Objects] = ToldObjects
