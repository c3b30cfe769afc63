"""One text for one value: canonical JSON, and the digest made of it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

LAST_OF_ONE_UNIT = "\uffff"
"""Characters after it take two units of UTF-16, by which RFC 8785 sorts keys."""


def canonical_json(document: Any) -> str:
    """JSON with sorted keys and no spare space (RFC 8785 for the values used here).

    Floats are refused with TypeError, since their text differs between languages: amounts and
    measures are written as decimal strings or integers.
    """
    if _has_long_keys(document):
        document = _ordered(document)
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest(document: Any) -> str:
    """`sha256:` and the hash of the canonical JSON of *document*."""
    return "sha256:" + hashlib.sha256(canonical_json(document).encode()).hexdigest()


def without_floats(value: Any) -> Any:
    """*value* as it can be written: engines make a float of every number, and these have no canonical text."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else str(value)
    if isinstance(value, Mapping):
        return {str(key): without_floats(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_floats(item) for item in value]
    return value


def _has_long_keys(value: Any) -> bool:
    """Whether the order of some keys depends on how they are encoded; refuses floats on the way."""
    if isinstance(value, float):
        message = f"a float has no canonical text: {value!r}"
        raise TypeError(message)
    found = False
    if isinstance(value, dict):
        for key, item in value.items():
            found |= _has_long_keys(item) | (isinstance(key, str) and _is_long(key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            found |= _has_long_keys(item)
    return found


def _is_long(key: str) -> bool:
    return not key.isascii() and max(key) > LAST_OF_ONE_UNIT


def _ordered(value: Any) -> Any:
    """*value* with its keys in the order of their UTF-16 units."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=_units)}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    return value


def _units(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")
