"""One digest for a value of any depth: of every field that it has, also of those added tomorrow."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date
from fractions import Fraction
from itertools import chain, islice
from operator import attrgetter
from typing import Any

AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def fingerprint(value: Any) -> str:
    """`sha256:` and the hash of all that *value* holds, as JSON.

    It is made of dataclasses, lists, tuples, sets, mappings, text, numbers that are whole, rational
    or floating, and dates; anything else is a TypeError. A dataclass is the list of its fields.
    """
    (plain,) = _plain([value])
    text = json.dumps(plain, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _plain(values: list[Any]) -> list[Any]:
    """Each of *values* as JSON can hold it; of two in one place, only equal ones become alike.

    Values are treated together, column by column, and one that is there many times but once: a
    snapshot has a hundred thousand offers in a hundred regions.
    """
    kinds = set(map(type, values))
    if kinds <= AS_THEY_ARE:
        return values
    made: dict[int, Any] = {}
    for kind in kinds:
        alike = {id(value): value for value in values if type(value) is kind}
        made |= zip(alike, _plain_of(kind, list(alike.values())), strict=True)
    return list(map(made.__getitem__, map(id, values)))


def _plain_of(kind: type, values: list[Any]) -> Iterable[Any]:
    """The same for values that are all of one *kind*."""
    if kind in AS_THEY_ARE:
        return values
    if is_dataclass(kind):
        columns = [_plain(list(map(attrgetter(f.name), values))) for f in fields(kind)]
        return zip(*columns, strict=True) if columns else [()] * len(values)
    if issubclass(kind, (list, tuple)):
        items = iter(_plain(list(chain.from_iterable(values))))
        return (list(islice(items, len(value))) for value in values)
    if issubclass(kind, (AbstractSet, Mapping)):
        contents = (value.items() if issubclass(kind, Mapping) else value for value in values)
        return (sorted(_plain(list(content)), key=repr) for content in contents)
    return map(_text, values)


def _text(value: Any) -> str:
    """The one text of a value that holds no others; of a float, the text that loses nothing."""
    match value:
        case str() | Fraction():
            return str(value)
        case float():
            return value.hex()
        case date():
            return value.isoformat()
        case _:
            message = f"no digest can cover a {type(value).__name__}"
            raise TypeError(message)
