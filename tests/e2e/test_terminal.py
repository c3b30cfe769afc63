"""On a terminal of 80 columns everything fits, and what is left out is named."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from tests.conftest import ROOT

WIDTH = 80
FOLDER = ROOT / "examples" / "startup"


def on_terminal(*words: str, width: int = WIDTH) -> list[str]:
    """The lines that `broker` writes to a terminal of *width* columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "broker", *words],
        cwd=FOLDER,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(theirs)
        text = b""
        try:
            while chunk := os.read(ours, 65_536):
                text += chunk
        except OSError:  # Linux says so when nobody holds the other end
            pass
    os.close(ours)
    assert process.returncode == 0
    return text.decode().splitlines()


@pytest.mark.parametrize(
    "words",
    [
        ["plan"],
        ["explain", "finetune"],
        ["offers", "-limit=0"],
        ["offers", "-gpu=H100", "-limit=0"],
        ["offers", "-capacity=reserved"],
        ["offers", "-group-by=gpu"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_no_line_is_wider_than_the_terminal(words: list[str]) -> None:
    lines = on_terminal(*words)

    assert lines
    assert [line for line in lines if len(line) > WIDTH] == []


def test_columns_that_do_not_fit_are_named_and_come_back_where_there_is_room() -> None:
    narrow = "\n".join(on_terminal("offers", "-limit=3"))
    wide = "\n".join(on_terminal("offers", "-limit=3", width=200))

    assert "vCPU" not in narrow.splitlines()[0]
    assert "Not shown, for lack of width: GPU MEM, vCPU" in narrow
    assert "vCPU" in wide.splitlines()[0]
    assert "Not shown" not in wide
