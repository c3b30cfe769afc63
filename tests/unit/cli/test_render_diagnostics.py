"""Findings as people read them, on a terminal of any width."""

from broker.cli.render.diagnostics import render_diagnostic
from broker.cli.render.style import Style
from broker.domain.diagnostics import Diagnostic

LONG = Diagnostic(
    code="a-code",
    subject="a subject",
    summary="It failed",
    detail="ID:        3f9a1c20\n" + "a reason that is told in many words " * 4,
    hint="Do this, then do that, and do the other thing after that, if it still fails.\nOr that.",
)


def test_what_is_long_is_broken_below_where_it_begins() -> None:
    lines = render_diagnostic(LONG, Style(), 40).splitlines()

    assert max(map(len, lines)) <= 40
    assert lines[:3] == ["Error: It failed  [a-code]", "  on a subject", "  ID:        3f9a1c20"]
    hints = lines[next(n for n, line in enumerate(lines) if "hint:" in line) :]
    assert hints[0] == "  hint: Do this, then do that, and do"
    assert all(line.startswith(" " * 8) for line in hints[1:])
    assert hints[-1] == "        Or that."


def test_in_a_pipe_nothing_is_broken() -> None:
    lines = render_diagnostic(LONG, Style()).splitlines()

    assert lines[-2:] == [f"  hint: {LONG.hint.splitlines()[0]}", "        Or that."]
