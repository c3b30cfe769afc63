"""What must not be shown: values that are known to be secret, cut out of what others say. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_NAMES = re.compile(r"(?i)(secret|token|password|passphrase|credential|api_?key|access_?key$)")
_SHORTEST = 6
"""Shorter values are words that occur anywhere; cutting them out would hide the message."""

IN_ITS_PLACE = "(hidden)"


@dataclass(frozen=True, slots=True)
class Hidden:
    """Values that are cut out."""

    values: tuple[str, ...] = ()

    def without(self, text: str) -> str:
        """Return *text* with each of them replaced by a word that says so."""
        for value in self.values:
            text = text.replace(value, IN_ITS_PLACE)
        return text


def hidden(passphrase: str, *environments: Mapping[str, str]) -> Hidden:
    """Return the passphrase, and what variables are called secrets in these environments."""
    told: Iterable[str] = (
        value for each in environments for name, value in each.items() if _NAMES.search(name)
    )
    # The longest first: one may be part of another.
    found = {value for value in (passphrase, *told) if len(value) >= _SHORTEST}
    return Hidden(tuple(sorted(found, key=lambda value: (-len(value), value))))
