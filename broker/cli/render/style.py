"""Colour, where it can be seen: never off a terminal."""

import os
import sys
from dataclasses import dataclass
from typing import TextIO

import click

from broker.cli.options import NO_COLOR_KEY

RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Style:
    """Marks up text, or leaves it as it is when *on* is false."""

    on: bool = False

    def bold(self, text: str) -> str:
        """What to read first."""
        return self._mark("1", text)

    def dim(self, text: str) -> str:
        """What may be skipped."""
        return self._mark("2", text)

    def red(self, text: str) -> str:
        """Failures and deletions."""
        return self._mark("31", text)

    def green(self, text: str) -> str:
        """Success and creations."""
        return self._mark("32", text)

    def yellow(self, text: str) -> str:
        """Warnings and changes in place."""
        return self._mark("33", text)

    def cyan(self, text: str) -> str:
        """Names to notice."""
        return self._mark("36", text)

    def _mark(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}{RESET}" if self.on and text else text


def style_for(stream: TextIO | None = None) -> Style:
    """The style for *stream* (stdout): plain off a terminal, with NO_COLOR or with -no-color."""
    target = sys.stdout if stream is None else stream
    context = click.get_current_context(silent=True)
    refused = context is not None and bool(context.meta.get(NO_COLOR_KEY))
    plain = refused or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return Style(on=not plain and target.isatty())
