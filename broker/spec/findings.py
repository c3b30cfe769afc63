"""All findings about one file, collected so that the user sees them at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from broker.domain.diagnostics import Diagnostic, Severity, Where

MAX_SUGGESTIONS = 100
"""Beyond these, a file is so wrong that looking for near names is a waste of time."""

MAX_WORD = 64


@dataclass(slots=True)
class Findings:
    """A list that grows while a file is checked."""

    found: list[Diagnostic] = field(default_factory=list)
    _suggested: int = 0

    def add(self, finding: Diagnostic) -> None:
        """Keep one more."""
        self.found.append(finding)

    @property
    def has_errors(self) -> bool:
        """Whether the file can not be used."""
        return any(finding.severity is Severity.ERROR for finding in self.found)

    def in_order(self) -> tuple[Diagnostic, ...]:
        """In the order of the file."""
        return tuple(sorted(self.found, key=_position))

    def suggestion(self, word: str, known: Iterable[str]) -> str:
        """`Did you mean ...?` for the known word nearest to *word*, or nothing."""
        if len(word) > MAX_WORD or self._suggested >= MAX_SUGGESTIONS:
            return ""
        self._suggested += 1
        by_folded = {candidate.casefold(): candidate for candidate in sorted(known)}
        near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
        return f"Did you mean `{by_folded[near[0]]}`?" if near else ""


def _position(finding: Diagnostic) -> tuple[Where, str]:
    return (finding.where or Where("", 0, 0), finding.subject)
