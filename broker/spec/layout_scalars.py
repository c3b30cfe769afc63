"""Scalars of several lines in another indentation: what they say stays the same."""

import re

_HEADER = re.compile(r"(?P<style>[|>])(?P<marks>[-+0-9]*)[ \t]*(?P<comment>#.*)?")


def flow_scalar(text: str, *, indent: int) -> list[str]:
    """A plain or quoted scalar, its lines after the first indented by *indent*.

    Spaces around the end of a line are nothing in one, but for those behind a backslash.
    """
    first, *rest = text.split("\n")
    if not rest:
        return [first]
    margin = " " * indent
    lines = [_ended(first), *(_ended(line.lstrip(" \t")) for line in rest[:-1])]
    lines.append(rest[-1].lstrip(" \t"))
    return [lines[0], *(margin + line if line else "" for line in lines[1:])]


def _ended(line: str) -> str:
    ended = line.rstrip(" \t")
    return line if ended.endswith("\\") else ended


def block_scalar(text: str, *, old: int, new: int, step: int) -> tuple[str, list[str]]:
    """The header and the content of a literal or folded scalar, which is in a block of column *new*.

    *old* is the column by which an indentation that its header states counts in *text*. Without one,
    the content is indented by *step*.
    """
    header, *lines = text.split("\n")
    match = _HEADER.fullmatch(header.rstrip())
    marks = "" if match is None else match["marks"]
    stated = next((int(mark) for mark in marks if mark.isdigit()), None)
    before = _indentation(lines) if stated is None else max(old, 0) + stated
    after = max(new, 0) + (step if stated is None else stated)
    content = [
        " " * after + line[before:] if len(line) > before else line[before:] for line in lines
    ]
    return _tidied(header, match), content


def _tidied(header: str, match: re.Match[str] | None) -> str:
    if match is None:
        return header.rstrip()
    comment = f"  {match['comment'].rstrip()}" if match["comment"] else ""
    return f"{match['style']}{match['marks']}{comment}"


def _indentation(lines: list[str]) -> int:
    blank = max((len(line) for line in lines), default=0)
    return next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), blank)
