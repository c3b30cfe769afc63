"""`broker fmt`: a fleet.yaml, or a file of values, in the canonical layout."""

from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import SpecInvalid
from broker.spec.layout import laid_out, says_the_same
from broker.spec.load import decoded, fleet_file, read_text
from broker.spec.yaml_reader import read_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatted:
    """A text, called *source*, *before* and *after*."""

    source: str
    before: str
    after: str

    @property
    def has_changes(self) -> bool:
        """Whether the layout is another."""
        return self.before != self.after

    def diff(self) -> str:
        """What changes, as `diff -u` shows it."""
        shown = unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"old/{self.source}",
            f"new/{self.source}",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in shown)


def fmt(path: Path) -> Formatted:
    """The file at *path*, or the fleet.yaml in that folder, laid out; it is not written.

    Raises SpecInvalid where it is no YAML.
    """
    path = fleet_file(path)
    return formatted(read_text(path), str(path))


def fmt_bytes(content: bytes, source: str) -> Formatted:
    """The same for *content* that is in no file."""
    return formatted(decoded(content, source), source)


def formatted(text: str, source: str) -> Formatted:
    """*text*, which findings call *source*, laid out: it says the same as before, or SpecInvalid."""
    read_yaml(text, source)
    after = laid_out(text)
    if not says_the_same(text, after):
        raise SpecInvalid(
            Diagnostic(
                code="layout-unsafe",
                subject=source,
                summary=f"{source} would say something else in another layout, and is left as it is",
                hint="Write what is unusual in it in another way; please report it as well.",
            )
        )
    return Formatted(source=source, before=text, after=after)
