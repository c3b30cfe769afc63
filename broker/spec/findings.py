"""All findings about one file, collected so that the user sees them at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from types import MappingProxyType
from typing import Protocol

from broker.domain.diagnostics import Diagnostic, Severity, Where

MAX_SUGGESTIONS = 100
"""Beyond these, a file is so wrong that looking for near names is a waste of time."""

MAX_WORD = 64

NO_NUMBER = "yaml-number"
"""What is read in its place means nothing."""

LONGEST_ABBREVIATION = 3
"""Abbreviations so short are all near to one another: they mean something only when they are exact."""


class Placed(Protocol):
    """What stands somewhere in a file."""

    @property
    def path(self) -> str:
        """Its keys, with dots between them, from the top."""
        ...

    @property
    def where(self) -> Where:
        """Its line and column."""
        ...


@dataclass(slots=True)
class Findings:
    """A list that grows while a file is checked."""

    found: list[Diagnostic] = field(default_factory=list)
    _suggested: int = 0

    def add(self, finding: Diagnostic) -> None:
        """Keep one more."""
        self.found.append(finding)

    def at(
        self,
        place: Placed,
        *,
        code: str,
        summary: str,
        detail: str = "",
        hint: str = "",
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Keep one more, about what stands at *place*."""
        self.add(
            Diagnostic(
                code=code,
                severity=severity,
                subject=place.path,
                summary=summary,
                detail=detail,
                hint=hint,
                where=place.where,
            )
        )

    def revise(self, since: int, better: Callable[[Diagnostic], Diagnostic]) -> None:
        """Put a better finding in the place of each that was added after the first *since*."""
        self.found[since:] = [better(finding) for finding in self.found[since:]]

    @property
    def has_errors(self) -> bool:
        """Whether the file can not be used."""
        return any(finding.severity is Severity.ERROR for finding in self.found)

    def in_order(self) -> tuple[Diagnostic, ...]:
        """In the order of the file; of a number that is none, nothing is said but that."""
        unread = {f.where for f in self.found if f.code == NO_NUMBER}
        telling = (f for f in self.found if f.code == NO_NUMBER or f.where not in unread)
        return tuple(sorted(telling, key=_position))

    def suggestion(
        self, word: str, known: Collection[str], *, called: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        """`Did you mean ...?` for the known words nearest to *word*, or nothing.

        *called* has other names, case folded, for some of the known words.
        """
        if len(word) > MAX_WORD or self._suggested >= MAX_SUGGESTIONS:
            return ""
        self._suggested += 1
        folded = word.casefold()
        by_folded = {
            name: meant
            for name, meant in called.items()
            if meant in known and (name == folded or len(name) > LONGEST_ABBREVIATION)
        }
        by_folded |= {candidate.casefold(): candidate for candidate in sorted(known)}
        near = [folded] if folded in by_folded else _nearest(folded, by_folded)
        meant = sorted({f"`{by_folded[name]}`" for name in near})
        return f"Did you mean {' or '.join(meant)}?" if meant else ""


def _nearest(word: str, known: Collection[str]) -> list[str]:
    """The one nearest to *word*, or all that are equally near (`us-est-2`: east and west)."""
    near = get_close_matches(word, known)
    likeness = [SequenceMatcher(None, name, word).ratio() for name in near]
    return [name for name, alike in zip(near, likeness, strict=True) if alike == max(likeness)]


def _position(finding: Diagnostic) -> tuple[Where, str]:
    return (finding.where or Where("", 0, 0), finding.subject)
