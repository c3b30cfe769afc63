"""What must never be written down in clear: recognised by value, by name and by form."""

import re
from collections.abc import Collection, Mapping
from typing import Any

REDACTED = "(redacted)"

SECRET_MARK = "4dabf18193072939515e22adb298388d"  # noqa: S105  # a public constant
SECRET_KIND = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # likewise
"""By these an object of a provisioning engine says that it holds a secret, encrypted or not."""

SECRET_NAME = re.compile(
    r"(?i)passw(or)?d|passphrase|secret|credential|private.?key|access.?key|api.?key"
    r"|(session|auth|bearer|access|refresh|id).?token|kube.?config|client.?key|connection.?string"
)

SECRET_FORM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[0-9A-Za-z]{36}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"
    r"|\bAIza[\w-]{35}"
)

VARIABLE_OF_SECRET = re.compile(
    r"(?i)passw(or)?d|passphrase|secret|token|private_?key|access_?key|api_?key|credentials$"
)

SHORTEST = 8
"""Shorter values of variables are words that stand in texts for other reasons."""


def credentials_in(environment: Mapping[str, str]) -> frozenset[str]:
    """Values of variables whose names say that they are secret.

    >>> sorted(credentials_in({"AWS_SECRET_ACCESS_KEY": "abcd/efgh+1", "EDITOR": "vi"}))
    ['abcd/efgh+1']
    """
    return frozenset(
        value
        for name, value in environment.items()
        if VARIABLE_OF_SECRET.search(name) and len(value) >= SHORTEST
    )


def redacted(value: Any, credentials: Collection[str] = ()) -> Any:
    """*value*, of JSON, with everything secret in it made unreadable.

    >>> redacted({"user": "ann", "password": "hunter2", "argv": ["-token", "s3cr3t-abc"]},
    ...          ["s3cr3t-abc"])
    {'user': 'ann', 'password': '(redacted)', 'argv': ['-token', '(redacted)']}
    """
    if isinstance(value, str):
        return _text(value, credentials)
    if isinstance(value, Mapping):
        if value.get(SECRET_MARK) == SECRET_KIND:
            return REDACTED
        return {
            _text(name, credentials): _named(name, item, credentials)
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redacted(item, credentials) for item in value]
    return value


def _named(name: str, value: Any, credentials: Collection[str]) -> Any:
    """Text under a name that says secret is one; a number or a truth is not."""
    if isinstance(value, str) and value and SECRET_NAME.search(name):
        return REDACTED
    return redacted(value, credentials)


def _text(text: str, credentials: Collection[str]) -> str:
    for secret in credentials:
        if secret in text:
            text = text.replace(secret, REDACTED)
    return SECRET_FORM.sub(REDACTED, text)
