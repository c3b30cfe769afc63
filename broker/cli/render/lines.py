"""Text that fits: broken into lines no longer than there is room for."""

import re

LABEL = 9

_WORDS = re.compile(r"(?:(?<=\d) (?=\S)|\S)*\s*")
_PARTS = re.compile(r"(?:(?<=\d) (?=\S)|[^\s_/-])*[\s_/-]*")
"""A number stays on one line with its unit."""


def broken(text: str, width: int, *, parts: bool = False) -> list[str]:
    """*text* on lines of at most *width*, if its words are no longer.

    With *parts*, words are broken too: after their joints, else anywhere.

    >>> broken("gap 0.0002 % of the cost", 8)
    ['gap', '0.0002 %', 'of the', 'cost']
    >>> broken("Standard_NC24ads_A100_v4", 14, parts=True)
    ['Standard_', 'NC24ads_A100_', 'v4']
    """
    lines, line = [], ""
    for piece in (_PARTS if parts else _WORDS).findall(text):
        if line and len((line + piece).rstrip()) > width:
            lines.append(line)
            line = ""
        line += piece
        while parts and len(line.rstrip()) > width:
            lines.append(line[:width])
            line = line[width:]
    return [each.rstrip() for each in (*lines, line)]


def flowing(text: str, width: int, *, indent: str = "") -> str:
    """*text* on as many lines as it takes, those after the first beginning with *indent*."""
    first, *rest = broken(text, width)
    if not rest:
        return first
    left = text[len(first) :].lstrip()
    return "\n".join([first, *(indent + line for line in broken(left, width - len(indent)))])


def labelled(label: str, text: str, width: int) -> str:
    """A word, then *text* in a column of its own.

    >>> print(labelled("Regions", "aws 28 of 28, azure 11 of 11", 30))
    Regions  aws 28 of 28, azure
             11 of 11
    """
    first, *rest = broken(text, width - LABEL)
    return "\n".join([label.ljust(LABEL) + first, *(" " * LABEL + line for line in rest)])
