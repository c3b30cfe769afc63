"""Characters that no reader of a file can see, and that therefore have no place in one."""

import re

from broker.domain.diagnostics import Diagnostic, Where
from broker.domain.errors import SpecInvalid
from broker.spec.nodes import Scalar

_UNPRINTABLE = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""Also U+0085, U+2028, U+2029: to the parser, but to no editor, they end a line."""

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)

LINE_END = re.compile(r"\r\n|\r|\n")


def refuse_unprintable(text: str, file: str) -> None:
    """Raise SpecInvalid for the first character that no YAML may hold as it is."""
    match = _UNPRINTABLE.search(text)
    if match:
        lines = LINE_END.split(text[: match.start()])
        where = Where(file, len(lines), len(lines[-1]) + 1)
        raise SpecInvalid(_invisible(match[0], where))


def invisible_in(node: Scalar) -> Diagnostic | None:
    """The finding about a control, zero-width or bidirectional character, however written."""
    match = _INVISIBLE.search(node.text)
    return _invisible(match[0], node.where) if match else None


def _invisible(character: str, where: Where) -> Diagnostic:
    return Diagnostic(
        code="yaml-character",
        subject=where.file,
        summary=f"The character U+{ord(character):04X} can not be seen, and is refused",
        hint="Delete it and type the text again.",
        where=where,
    )
