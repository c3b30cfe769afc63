"""One text for one value: canonical JSON, and the digest made of it."""

import hashlib
import json
from typing import Any


def canonical_json(document: Any) -> str:
    """JSON with sorted keys and no spare space (RFC 8785 for the values used here).

    Floats are refused with TypeError, since their text differs between languages: amounts and
    measures are written as decimal strings or integers.
    """
    _refuse_floats(document)
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest(document: Any) -> str:
    """`sha256:` and the hash of the canonical JSON of *document*."""
    return "sha256:" + hashlib.sha256(canonical_json(document).encode()).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        message = f"a float has no canonical text: {value!r}"
        raise TypeError(message)
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_floats(item)
