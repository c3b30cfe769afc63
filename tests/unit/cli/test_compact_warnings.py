"""-compact-warnings: a line for each, and failures as they always are."""

from dataclasses import replace

import click
import pytest

from broker.cli.options import COMPACT_KEY
from broker.cli.render.diagnostics import print_diagnostics
from broker.domain.diagnostics import Diagnostic, Severity

WARNING = Diagnostic(
    severity=Severity.WARNING, code="a-code", subject="a", summary="One thing", hint="Do this."
)
OTHER = replace(WARNING, code="b-code", summary="Another thing")
ERROR = replace(WARNING, severity=Severity.ERROR, code="c-code", summary="It failed")


def printed(capsys: pytest.CaptureFixture[str], *findings: Diagnostic) -> list[str]:
    with click.Context(click.Command("x")) as context:
        context.meta[COMPACT_KEY] = True
        print_diagnostics(findings)
    return capsys.readouterr().err.splitlines()


def test_each_warning_is_a_line_and_those_alike_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert printed(capsys, WARNING, OTHER, replace(WARNING, summary="The same again")) == [
        "Warnings:",
        "",
        "- One thing (and 1 more like it)  [a-code]",
        "- Another thing  [b-code]",
        "",
        "To see all of them, run the command without -compact-warnings.",
    ]


def test_beside_an_error_warnings_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert "  hint: Do this." in printed(capsys, WARNING, ERROR)


def test_without_a_warning_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys) == []
