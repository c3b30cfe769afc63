"""A computer with what a test says is installed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.ports.installation import Installation


@dataclass(frozen=True)
class FakeInstallation:
    """Everything is there unless a test takes it away."""

    python_version: str = "3.11.9"
    missing: frozenset[str] = frozenset()
    on_terminal: bool = True
    environment: dict[str, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)

    def python(self) -> str:
        return self.python_version

    def library(self, distribution: str, module: str) -> str | None:
        return None if module in self.missing else "1.2.3"

    def version(self, distribution: str) -> str | None:
        return None if distribution in self.missing else "1.2.3"

    def extras(self) -> Mapping[str, tuple[str, ...]]:
        return {"sky": ("sky-kit", "sky-login")}

    def program(self, name: str, *arguments: str) -> str | None:
        return None if name in self.missing else self.lines.get(name, f"{name} 4.5")

    def terminal(self) -> str | None:
        return "xterm, 80 columns, utf-8" if self.on_terminal else None

    def settings(self) -> dict[str, str]:
        return self.environment


_: type[Installation] = FakeInstallation
