"""Lines of a layout as they come to be, and what is the same for all of them at the end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

GAP = "  "
"""Between the end of a line and the comment behind it."""


@dataclass(slots=True)
class Line:
    """Text, and the comment behind it; *is_content* where even its blanks mean something."""

    text: str
    comment: str = ""
    is_content: bool = False


@dataclass(slots=True)
class Lines:
    """Grows at its end."""

    lines: list[Line] = field(default_factory=list)

    @property
    def width(self) -> int:
        """How wide the last line is so far."""
        return len(self.lines[-1].text)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was begun yet."""
        return not self.lines

    def begin(self, text: str) -> None:
        """Begin a line with *text*."""
        self.lines.append(Line(text))

    def add(self, text: str) -> None:
        """Go on with the last line."""
        self.lines[-1].text += text

    def comment(self, text: str) -> None:
        """End the last line with a comment."""
        self.lines[-1].comment = text

    def blank(self) -> None:
        """Leave a line blank; two are one, and none is on top."""
        if self.lines and not self._is_blank(self.lines[-1]):
            self.lines.append(Line(""))

    def content(self, texts: Iterable[str]) -> None:
        """Add lines as they are."""
        self.lines += [Line(text, is_content=True) for text in texts]

    def text(self) -> str:
        """All of them; comments behind lines that follow one another are below one another."""
        while self.lines and self._is_blank(self.lines[-1]):
            self.lines.pop()
        return "".join(f"{line}\n" for line in _aligned(self.lines))

    @staticmethod
    def _is_blank(line: Line) -> bool:
        return not line.is_content and not line.text.strip() and not line.comment


def _aligned(lines: Sequence[Line]) -> Iterator[str]:
    for has_comment, run in groupby(lines, key=lambda line: bool(line.comment)):
        group = list(run)
        if not has_comment:
            yield from (line.text if line.is_content else line.text.rstrip() for line in group)
            continue
        widest = max(len(line.text.rstrip()) for line in group)
        yield from (f"{line.text.rstrip():{widest}}{GAP}{line.comment}" for line in group)
