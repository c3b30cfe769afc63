"""Colour appears on a terminal, unless it is refused."""

import io

import pytest

from broker.cli.progress import cleared, watching
from broker.cli.render.style import Style, style_for


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colour() -> None:
    assert style_for(Terminal()).bold("x") == "\x1b[1mx\x1b[0m"


def test_anything_else_gets_none() -> None:
    assert style_for(io.StringIO()).bold("x") == "x"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_may_refuse(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    assert style_for(Terminal()) == Style(on=False)


def test_an_empty_no_color_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")

    assert style_for(Terminal()) == Style(on=True)


def test_progress_is_shown_on_a_terminal_and_leaves_no_trace() -> None:
    stream = Terminal()

    with watching(stream) as progress:
        progress.phase("solving")
        progress.note("gap 0.4 %")

    assert stream.getvalue() == "\r\x1b[Ksolving ...\r\x1b[Ksolving ... gap 0.4 %\r\x1b[K"


def test_progress_is_cleared_when_the_work_fails() -> None:
    stream = Terminal()

    def work() -> None:
        with watching(stream) as progress:
            progress.phase("solving")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()

    assert stream.getvalue().endswith("\r\x1b[K")


def test_what_is_said_in_the_middle_has_a_line_of_its_own() -> None:
    stream = Terminal()

    with watching(stream) as progress:
        progress.phase("solving")
        cleared(progress)
        stream.write("A plan.\n")

    assert stream.getvalue() == "\r\x1b[Ksolving ...\r\x1b[KA plan.\n\r\x1b[K"


def test_nothing_is_shown_off_a_terminal() -> None:
    stream = io.StringIO()

    with watching(stream) as progress:
        progress.phase("solving")

    assert stream.getvalue() == ""
