"""What a region tells beside its prices: it may be missing, and the prices are still good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import CloudError

T = TypeVar("T")


@dataclass(slots=True)
class Beside:
    """Reads such things, and keeps a warning for each that could not be had."""

    findings: list[Diagnostic] = field(default_factory=list)

    def read(self, what: str, read: Callable[[], Sequence[T]]) -> Sequence[T]:
        """What *read* returns; nothing, and a warning that names *what*, where it fails."""
        try:
            return read()
        except CloudError as error:
            for told in error.diagnostics:
                summary = f"No {what} are known: {told.summary}"
                self.findings.append(replace(told, severity=Severity.WARNING, summary=summary))
            return ()
