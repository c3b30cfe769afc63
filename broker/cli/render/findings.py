"""The result of checking a fleet, as people read it and as programs do."""

from collections.abc import Sequence
from typing import Any

from broker.cli.render.diagnostics import FORMAT_VERSION, diagnostic_document
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.wording import many


def validation_document(findings: Sequence[Diagnostic]) -> dict[str, Any]:
    """In the shape of `terraform validate -json`."""
    errors = _count(findings, Severity.ERROR)
    return {
        "format_version": FORMAT_VERSION,
        "valid": not errors,
        "error_count": errors,
        "warning_count": _count(findings, Severity.WARNING),
        "diagnostics": [diagnostic_document(finding) for finding in findings],
    }


def render_totals(findings: Sequence[Diagnostic]) -> str:
    """For the last line: `2 errors, 1 warning`."""
    counts = [(_count(findings, severity), severity) for severity in Severity]
    return ", ".join(many(count, severity) for count, severity in counts if count)


def _count(findings: Sequence[Diagnostic], severity: Severity) -> int:
    return sum(finding.severity is severity for finding in findings)
