"""Blocks of console output in Markdown: found by their mark, and written anew from their commands.

A block is a fence of language `console` under a mark that names the folder to run in:

    <!-- run in examples/startup -->
    <!-- run in examples/startup, show 1-20, 31-, "Solver" -->

Its lines that begin with `$ ` are the commands; the rest is their output, or parts of it: lines by
number, and paragraphs by how their first line begins.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Run = Callable[[str, str], str]
"""`run(folder, command)` answers what the command prints there."""

BLOCK = re.compile(
    r"(?m)^(?P<head><!-- run in (?P<folder>[\w./-]+)(?:, show (?P<parts>.+?))? -->\n"
    r"```console\n)(?P<body>.*?)^```$",
    re.DOTALL,
)
PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of an output that are shown: from *first* up to, not with, *end*, counted from 0."""

    first: int
    end: int

    @classmethod
    def parse(cls, text: str, output: list[str]) -> "Part":
        """Read `7`, `7-9`, `7-` or `"Solver"`: the paragraph whose first line begins with that.

        Raises ValueError if *output* has no such lines: then the document is out of date.
        """
        if text.startswith('"'):
            return cls._paragraph(text.strip('"'), output)
        first, dash, last = text.partition("-")
        end = int(last or len(output)) if dash else int(first)
        if not 0 < int(first) <= end <= len(output):
            message = f"an output of {len(output)} lines has no lines {text}"
            raise ValueError(message)
        return cls(int(first) - 1, end)

    @classmethod
    def _paragraph(cls, beginning: str, output: list[str]) -> "Part":
        found = (n for n, line in enumerate(output) if line.strip().startswith(beginning))
        first = next(found, None)
        if first is None:
            message = f"no line of the output begins with {beginning!r}"
            raise ValueError(message)
        blank = (n for n in range(first, len(output)) if not output[n].strip())
        return cls(first, next(blank, len(output)))


def renewed(page: str, run: Run) -> str:
    """*page* with the output of each block as *run* answers it now."""

    def renew(block: re.Match[str]) -> str:
        commands = [c for c in block["body"].splitlines() if c.startswith(PROMPT)]
        if not commands or (block["parts"] and len(commands) > 1):
            message = (
                f"a block needs a command, and one of which a part is shown only one: {block[0]!r}"
            )
            raise ValueError(message)
        body = "".join(_shown(command, block, run) for command in commands)
        return f"{block['head']}{body}```"

    return BLOCK.sub(renew, page)


def _shown(command: str, block: re.Match[str], run: Run) -> str:
    output = run(block["folder"], command.removeprefix(PROMPT)).splitlines()
    shown = list(_part(output, block["parts"])) if block["parts"] else output
    return "".join(f"{line.rstrip()}\n" for line in (command, *shown))


def _part(output: list[str], wanted: str) -> Iterator[str]:
    """The *wanted* lines, and a note wherever others than blank ones are left out."""
    end = 0
    for text in wanted.split(","):
        part = Part.parse(text.strip(), output)
        yield from _left_out(output[end : part.first])
        yield from output[part.first : part.end]
        end = part.end
    yield from _left_out(output[end:])


def _left_out(lines: list[str]) -> Iterator[str]:
    if any(lines):
        yield f"... ({len(lines)} {'line' if len(lines) == 1 else 'lines'} left out)"
    else:
        yield from lines
