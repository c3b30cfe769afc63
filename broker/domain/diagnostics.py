"""A finding for a human."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much it matters."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file the user wrote; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """As compilers write it, so that editors can jump there."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """What happened, to what, and what to do about it.

    *code* is a stable kebab-case name: docs/errors.md has one section for each. *subject* is what
    it is about (a path in the spec, a region, a file). *summary* is one line, *detail* may be
    several, *hint* says what to do.
    """

    severity: Severity = Severity.ERROR
    code: str
    subject: str
    summary: str
    detail: str = ""
    hint: str = ""
    where: Where | None = None
