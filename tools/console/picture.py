"""A picture of what a command shows on a terminal, as SVG that asks nobody for anything."""

import fcntl
import io
import os
import pty
import struct
import subprocess
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

COLUMNS = 92
ROWS = 60

THEME = TerminalTheme(
    background=(24, 27, 33),
    foreground=(212, 216, 224),
    normal=[
        (60, 64, 72),
        (232, 112, 112),
        (134, 200, 122),
        (226, 188, 106),
        (112, 164, 232),
        (198, 140, 222),
        (98, 196, 204),
        (212, 216, 224),
    ],
)

TEMPLATE = """\
<svg class="terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own template loads a font from a server; this one takes what the reader has."""


def picture(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """The SVG of *command* and its output on a terminal of its own."""
    shown = f"$ {' '.join(command)}\n{on_terminal(command, folder, environment)}"
    console = Console(
        width=COLUMNS,
        record=True,
        file=io.StringIO(),
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
    )
    console.print(Text.from_ansi(shown), end="")
    drawn = console.export_svg(
        title=" ".join(command), theme=THEME, code_format=TEMPLATE, unique_id="plan"
    )
    return "\n".join(line.rstrip() for line in drawn.splitlines() if line.strip()) + "\n"


def on_terminal(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What *command* writes to a terminal, colours included; CalledProcessError if it fails."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,  # progress, which is gone when the output is there
    ) as process:
        os.close(theirs)
        written = b"".join(_chunks(ours))
    os.close(ours)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, written)
    return written.decode().replace("\r\n", "\n")


def _chunks(terminal: int) -> list[bytes]:
    """Everything that is written to *terminal* until its last writer has gone."""
    chunks = []
    try:
        while chunk := os.read(terminal, 65_536):
            chunks.append(chunk)
    except OSError:  # Linux says so when nobody holds the other end
        pass
    return chunks
