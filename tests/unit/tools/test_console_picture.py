"""A picture shows what a terminal would, colours included, and asks nobody for anything."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.console.picture import on_terminal, picture

PROGRAM = """\
import sys
assert sys.stdout.isatty()
print("\\x1b[32m  green <text>\\x1b[0m")
print("x" * 10_000 if "long" in sys.argv else "plain")
sys.exit("fail" in sys.argv)
"""


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM, *words]


def test_a_program_finds_a_terminal_and_all_it_writes_is_kept(tmp_path: Path) -> None:
    assert on_terminal(command(), tmp_path, {}) == "\x1b[32m  green <text>\x1b[0m\nplain\n"
    assert "x" * 10_000 in on_terminal(command("long"), tmp_path, {})


def test_a_program_that_fails_gives_no_picture(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        on_terminal(command("fail"), tmp_path, {})


def test_a_picture_is_the_same_every_time_and_loads_no_font(tmp_path: Path) -> None:
    drawn = picture(command(), tmp_path, {})

    assert drawn == picture(command(), tmp_path, {})
    assert "green&#160;&lt;text&gt;" in drawn
    assert "fill: #86c87a" in drawn
    assert "@font-face" not in drawn
    assert "http" not in drawn.replace('xmlns="http://www.w3.org/2000/svg"', "")
