"""What the broker asks of the computer it runs on, and what adapters ask of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One that an adapter starts: how it tells its version, what it is for, where it comes from.

    *path* is where it is, if it is not to be looked for on the PATH. *oldest* is the oldest version
    that will do. Adapters register a sequence of these in the group `gpu_broker.programs`.
    """

    name: str
    arguments: tuple[str, ...]
    purpose: str
    source: str
    path: str | None = None
    oldest: tuple[int, ...] | None = None


class Installation(Protocol):
    """What is installed here; it looks and changes nothing, and never raises."""

    def python(self) -> str:
        """Version of the running Python: `3.11.9`."""
        ...

    def library(self, distribution: str, module: str) -> str | None:
        """Version of *distribution*, if a fresh interpreter can import *module*; else None."""
        ...

    def version(self, distribution: str) -> str | None:
        """Version of *distribution*, without trying it; None if it is not installed."""
        ...

    def extras(self) -> Mapping[str, tuple[str, ...]]:
        """The distributions that each extra of the broker adds, both sorted by name."""
        ...

    def program(self, name: str, *arguments: str) -> str | None:
        """First line that a program prints for *arguments*; None if it is not there or fails.

        *name* is looked for on the PATH, unless it is a path itself.
        """
        ...

    def terminal(self) -> str | None:
        """What stdout is attached to, None if it is no terminal: `xterm-256color, 120 columns`."""
        ...

    def settings(self) -> dict[str, str]:
        """The variables of the environment that are addressed to the broker."""
        ...
