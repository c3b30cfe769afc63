"""Entries as text: one text for one entry, without floats and without secrets."""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from broker.domain.canonical import canonical_json
from broker.domain.redaction import redacted
from broker.ports.state import Entry


class EntryInvalid(ValueError):
    """A text that is not exactly that of an entry."""


def body_of(entry: Entry, credentials: Collection[str] = ()) -> bytes:
    """The text of *entry* that is hashed and kept; what is secret in it is left out."""
    document = {
        "at": entry.at.astimezone(UTC).isoformat(),
        "who": entry.who,
        "act": entry.act,
        "phase": entry.phase,
        "subject": entry.subject,
        "token": entry.token,
        "detail": entry.detail,
    }
    return canonical_json(redacted(_writable(document), credentials)).encode()


def document_of(body: bytes) -> dict[str, Any]:
    """The entry that *body* is the text of, as JSON values; raises EntryInvalid."""
    try:
        document = json.loads(body)
        if canonical_json(document).encode() == body and set(document) == KEYS:
            return dict(document)
    except (ValueError, TypeError, RecursionError) as error:
        raise EntryInvalid(str(error)) from error
    message = "it is not written as an entry is"
    raise EntryInvalid(message)


KEYS = {"at", "who", "act", "phase", "subject", "token", "detail"}


def entry_of(body: bytes) -> Entry:
    """The entry that *body* is the text of; raises EntryInvalid."""
    document = document_of(body)
    try:
        at = datetime.fromisoformat(document["at"])
    except (ValueError, TypeError) as error:
        raise EntryInvalid(str(error)) from error
    texts = {key: document[key] for key in KEYS - {"at", "detail"}}
    are_texts = all(isinstance(text, str) for text in texts.values())
    if not are_texts or not isinstance(document["detail"], dict):
        message = "its parts are not those of an entry"
        raise EntryInvalid(message)
    return Entry(at=at, detail=document["detail"], **texts)


def _writable(value: Any) -> Any:
    """*value* with what has no text of its own replaced.

    A measure that came as a float, or half a character, must not keep what was done from being noted.
    """
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, Mapping):
        return {_writable(str(key)): _writable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_writable(item) for item in value]
    return value
