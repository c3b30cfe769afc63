"""Diagnostics as people read them, and as programs do."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from broker.cli.exit_codes import ExitCode
from broker.cli.options import COMPACT_KEY
from broker.cli.render.lines import flowing
from broker.cli.render.style import Style, style_for
from broker.cli.render.table import UNBOUNDED, width_of
from broker.domain.diagnostics import Diagnostic, Severity

FORMAT_VERSION = "1.0"


def render_diagnostic(diagnostic: Diagnostic, style: Style, width: int = UNBOUNDED) -> str:
    """One finding: what, where, why, and what to do, each on lines of its own, broken to fit *width*.

    >>> print(render_diagnostic(Diagnostic(code="region-unknown", subject="aws/mars-1",
    ...     summary="There is no region aws/mars-1", hint="See `broker offers`."), Style()))
    Error: There is no region aws/mars-1  [region-unknown]
      on aws/mars-1
      hint: See `broker offers`.
    """
    mark = style.red if diagnostic.severity is Severity.ERROR else style.yellow
    head = mark(style.bold(f"{diagnostic.severity.value.capitalize()}:"))
    lines = [f"{head} {style.bold(diagnostic.summary)}  {style.dim(f'[{diagnostic.code}]')}"]
    places = [
        text for text in (diagnostic.where and str(diagnostic.where), diagnostic.subject) if text
    ]
    if places:
        lines.append(f"  on {', '.join(places)}")
    lines += [
        flowing(f"  {line}".rstrip(), width, indent="    ")
        for line in diagnostic.detail.splitlines()
    ]
    if diagnostic.hint:
        told = [
            flowing(f"        {line}", width, indent=" " * 8)
            for line in diagnostic.hint.splitlines()
        ]
        told[0] = f"  {style.cyan('hint:')} {told[0].lstrip()}"
        lines += told
    return "\n".join(lines)


def diagnostic_document(diagnostic: Diagnostic) -> dict[str, Any]:
    """One finding in the shape of Terraform's JSON, with our code, subject and hint added.

    `range` is there when the place in a file is known.
    """
    document: dict[str, Any] = {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "subject": diagnostic.subject,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "hint": diagnostic.hint,
    }
    if diagnostic.where is not None:
        place = {"line": diagnostic.where.line, "column": diagnostic.where.column}
        document["range"] = {"filename": diagnostic.where.file, "start": place, "end": place}
    return document


def failure_document(diagnostics: Sequence[Diagnostic], code: ExitCode) -> dict[str, Any]:
    """What a command that failed prints under -json instead of its own document."""
    return {"format_version": FORMAT_VERSION, **ending_document(diagnostics, code)}


def ending_document(diagnostics: Sequence[Diagnostic], code: ExitCode) -> dict[str, Any]:
    """How a command ended, and why: beside its own document, where there is one all the same."""
    return {
        "exit_code": int(code),
        "exit_reason": code.reason,
        "diagnostics": [diagnostic_document(diagnostic) for diagnostic in diagnostics],
    }


def print_diagnostics(diagnostics: Sequence[Diagnostic], *, plain: bool = False) -> None:
    """Write them to stderr, a blank line between two; *plain* is without colour in any case."""
    log_diagnostics(diagnostics)
    style = Style() if plain else style_for(sys.stderr)
    if _are_compact(diagnostics):
        sys.stderr.write(render_compact(diagnostics, style) + "\n")
        return
    width = width_of(sys.stderr)
    texts = [render_diagnostic(diagnostic, style, width) for diagnostic in diagnostics]
    if texts:
        sys.stderr.write("\n\n".join(texts) + "\n")


def log_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Log them, where there is a log; whoever prints them here need not."""
    if os.environ.get("BROKER_LOG"):
        from broker.cli.logs import tell

        tell(diagnostics)


def _are_compact(diagnostics: Sequence[Diagnostic]) -> bool:
    """Whether -compact-warnings was given, and there is nothing but warnings."""
    context = click.get_current_context(silent=True)
    if context is None or not context.meta.get(COMPACT_KEY):
        return False
    return bool(diagnostics) and all(d.severity is Severity.WARNING for d in diagnostics)


def render_compact(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """Summaries alone, as Terraform's -compact-warnings has them; those of one code are one line."""
    alike: dict[str, list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        alike.setdefault(diagnostic.code, []).append(diagnostic)
    lines = [style.yellow(style.bold("Warnings:")), ""]
    for code, found in alike.items():
        more = f" (and {len(found) - 1} more like it)" if len(found) > 1 else ""
        lines.append(f"- {found[0].summary}{more}  {style.dim(f'[{code}]')}")
    return "\n".join([*lines, "", "To see all of them, run the command without -compact-warnings."])


def print_failure(
    diagnostics: Sequence[Diagnostic],
    code: ExitCode,
    *,
    as_json: bool = False,
    plain: bool = False,
) -> None:
    """Tell why a command failed: to stderr, or under -json as one document to stdout."""
    if as_json:
        log_diagnostics(diagnostics)
        print_json(failure_document(diagnostics, code))
    else:
        print_diagnostics(diagnostics, plain=plain)


def print_json(document: Any) -> None:
    """Write one document to stdout."""
    sys.stdout.write(json_text(document))


def json_text(document: Any) -> str:
    """One document as it is printed, and as -json-into writes it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
