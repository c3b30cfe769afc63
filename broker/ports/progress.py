"""Whom the core tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    """A watcher of long work; it must return at once and never raise."""

    def phase(self, name: str) -> None:
        """A new stretch of work begins: `reading prices`, `solving`."""
        ...

    def note(self, text: str) -> None:
        """A figure of the present stretch: `gap 0.4 %`."""
        ...


class Silence:
    """Nobody watches."""

    def phase(self, name: str) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


_: type[Progress] = Silence
