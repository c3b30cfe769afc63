"""The findings of the doctor as a table or as JSON."""

from collections.abc import Sequence
from typing import Any

from broker.cli.render.style import Style
from broker.cli.render.table import Column, fitting, rows_of_table
from broker.usecases.doctor import Check, Health, is_able


def doctor_document(checks: Sequence[Check]) -> dict[str, Any]:
    """For programs: `ok` is whether the exit code is 0."""
    return {
        "ok": is_able(checks),
        "checks": [
            {
                "name": check.name,
                "status": check.health.value,
                "found": check.found,
                "purpose": check.purpose,
                "hint": check.hint,
            }
            for check in checks
        ],
    }


def render_checks(checks: Sequence[Check], style: Style, width: int) -> str:
    """One line per check, then how to get what is not there, then the verdict."""
    columns = [
        Column(title="STATUS", cells=[check.health.value for check in checks]),
        Column(title="WHAT", cells=[check.name for check in checks]),
        Column(title="FOUND", cells=[check.found for check in checks], prose=True),
        Column(title="FOR", cells=[check.purpose for check in checks], prose=True),
    ]
    head, *rows = rows_of_table(fitting(columns, width), style)
    lines = [head]
    lines += [_mark(row, check, style) for row, check in zip(rows, checks, strict=True)]
    hints = [f"  {check.name}: {check.hint}" for check in checks if check.hint]
    if hints:
        lines += ["", "To get what is not there:", *hints]
    missing = [check.name for check in checks if check.health is Health.MISSING]
    verdict = f"Missing: {', '.join(missing)}." if missing else "Ready to plan."
    return "\n".join([*lines, "", style.bold(verdict)])


def _mark(row: str, check: Check, style: Style) -> str:
    word = check.health.value
    paint = {
        Health.OK: style.green,
        Health.MISSING: style.red,
        Health.ABSENT: style.dim,
        Health.WARNING: style.yellow,
    }[check.health]
    return paint(word) + row.removeprefix(word)
