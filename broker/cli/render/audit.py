"""The journal and what was found out about it, as people read it and as programs do."""

import re
from collections.abc import Sequence
from typing import Any

from broker.cli.render.diagnostics import FORMAT_VERSION
from broker.cli.render.style import Style
from broker.cli.render.table import Column, fitting, render_table
from broker.domain.wording import many
from broker.journal.verification import Verdict
from broker.ports.audit import JournalRow
from broker.usecases.audit import Witness

Document = dict[str, Any]

_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")


def verdict_document(verdict: Verdict, witness: Witness | None = None) -> Document:
    """For programs; a journal that is not what was written fails the command instead."""
    return {
        "format_version": FORMAT_VERSION,
        "valid": True,
        "origin": verdict.origin,
        "entries": verdict.size,
        "root": verdict.root.hex(),
        "checkpoints": verdict.checkpoints,
        "signed_entries": verdict.signed_size,
        "witnessed_entries": None if witness is None else witness.head.size,
    }


def render_verdict(verdict: Verdict, style: Style, witness: Witness | None = None) -> str:
    """For people: what is proven, and what is not yet."""
    if not verdict.size:
        return "Nothing was noted here yet.\n"
    lines = [
        style.bold(f"The journal is what was written: {many(verdict.size, 'entry', 'entries')}."),
        f"  journal  {verdict.origin}",
        f"  root     {verdict.root.hex()}",
        f"  signed   {_signed(verdict)}",
    ]
    if witness is not None:
        told = many(witness.head.size, "entry", "entries")
        lines.append(f"  witness  {witness.name} agrees, over the first {told}")
    return "\n".join(lines) + "\n"


def _signed(verdict: Verdict) -> str:
    if not verdict.checkpoints:
        return "no checkpoint was signed yet, so that a rewrite of all of it would not show"
    agree = many(verdict.checkpoints, "checkpoint agrees", "checkpoints agree")
    rest = verdict.size - verdict.signed_size
    if not rest:
        return f"{agree}, over all entries"
    return f"{agree}, over the first {verdict.signed_size}; {many(rest, 'entry', 'entries')} since then"


def entry_document(row: JournalRow, entry: Document) -> Document:
    """For programs: one entry, with its place and hash."""
    return {"index": row.position, "leaf": row.leaf.hex(), **entry}


def entries_document(entries: Sequence[tuple[JournalRow, Document]]) -> Document:
    """For programs: all of them."""
    return {
        "format_version": FORMAT_VERSION,
        "entries": [entry_document(row, entry) for row, entry in entries],
    }


def render_entries(
    entries: Sequence[tuple[JournalRow, Document]], total: int, style: Style, width: int
) -> str:
    """For people: one line each, the newest last."""
    if not total:
        return "Nothing was noted here yet.\n"
    columns = [
        Column(title="INDEX", cells=[str(row.position) for row, _ in entries], right=True),
        Column(title="AT", cells=[_instant(entry["at"]) for _, entry in entries]),
        Column(title="WHO", cells=_cells(entries, "who"), expendable=2, breakable=True),
        Column(title="ACT", cells=_cells(entries, "act")),
        Column(title="PHASE", cells=_cells(entries, "phase")),
        Column(title="RESULT", cells=[_result(entry) for _, entry in entries]),
        Column(title="SUBJECT", cells=[_subject(entry) for _, entry in entries], breakable=True),
        Column(title="TOKEN", cells=_cells(entries, "token"), expendable=1),
    ]
    text = render_table(fitting(columns, width), style)
    hidden = total - len(entries)
    note = (
        f"\n{many(hidden, 'earlier entry', 'earlier entries')} not shown; -limit=0 shows all."
        if hidden
        else ""
    )
    return f"{text}{note}\n"


def _cells(entries: Sequence[tuple[JournalRow, Document]], key: str) -> list[str]:
    return [_printable(str(entry[key])) for _, entry in entries]


def _result(entry: Document) -> str:
    """What became of it; the codes of what went wrong, as docs/errors.md has them."""
    if entry["phase"] != "outcome":
        return "-"
    failed = entry["detail"].get("failed")
    codes = failed if isinstance(failed, list) else [failed]
    return _printable(", ".join(map(str, codes))) if failed else "done"


def _subject(entry: Document) -> str:
    """A digest by its beginning, as elsewhere."""
    return _DIGEST.sub(r"\1..", _printable(str(entry["subject"])))


def _printable(text: str) -> str:
    """Without what would move the cursor of a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _instant(text: str) -> str:
    return f"{text[:10]} {text[11:19]}Z"
