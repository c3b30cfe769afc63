"""Records of the log as lines: whose there are, and how they are written, without any secret."""

import json
import logging
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from broker.domain.redaction import redacted

TRACE = 5
"""Below DEBUG: rounds of the solver, and what libraries of others tell."""

OURS = ("broker", "providers", "stacks")

SILENCED = frozenset(
    {
        "auth",
        "credentials",
        "endpoint",
        "hooks",
        "http_logging_policy",
        "httpsession",
        "identity",
        "oauth2cli",
        "parsers",
        "rest",
        "token_cache",
    }
)
"""Parts of names of those that write headers, bodies or tokens."""

_HEADERS = re.compile(r"(?i)\bheaders?\b|\bauthorization\b|\bcookie\b|x-amz-security-token")
_QUERY = re.compile(r"\?[^\s\"'<>]+")

NAMES = {
    TRACE: "trace",
    logging.DEBUG: "debug",
    logging.INFO: "info",
    logging.WARNING: "warn",
    logging.ERROR: "error",
    logging.CRITICAL: "error",
}


class Kept(logging.Filter):
    """Lets our own records pass; with *everybody*, those of libraries too that hold no headers."""

    def __init__(self, *, everybody: bool) -> None:
        super().__init__()
        self._everybody = everybody

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* is kept."""
        if _is_ours(record):
            return True
        if not self._everybody or not SILENCED.isdisjoint(record.name.split(".")):
            return False
        return _HEADERS.search(record.getMessage()) is None


class _Lines(logging.Formatter):
    """One line for each record."""

    def __init__(self, credentials: Collection[str]) -> None:
        super().__init__()
        self._credentials = credentials

    def _message(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if not _is_ours(record):
            text = _QUERY.sub("?...", text)
        return str(redacted(text, self._credentials))

    def _facts(self, record: logging.LogRecord) -> Mapping[str, Any]:
        facts: Mapping[str, Any] = redacted(getattr(record, "facts", {}), self._credentials)
        return facts


class TextLines(_Lines):
    """For people: `2026-11-30T08:00:00.000Z [INFO]  broker.storage.leases: took the lock: id=...`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write *record*."""
        level = f"[{NAMES.get(record.levelno, 'debug').upper()}]"
        facts = " ".join(f"{name}={_worded(fact)}" for name, fact in self._facts(record).items())
        message = _one_line(self._message(record))
        return (
            f"{_instant(record)} {level:7} {record.name}: {message}{': ' if facts else ''}{facts}"
        )


class JsonLines(_Lines):
    """For programs: the keys of Terraform's log, and the facts beside them."""

    def format(self, record: logging.LogRecord) -> str:
        """Write *record*."""
        document = {
            "@level": NAMES.get(record.levelno, "debug"),
            "@message": self._message(record),
            "@module": record.name,
            "@timestamp": _instant(record),
            **self._facts(record),
        }
        return json.dumps(document, ensure_ascii=False, default=str)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def _instant(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _worded(fact: Any) -> str:
    text = _one_line(str(fact))
    return json.dumps(text, ensure_ascii=False) if not text or " " in text else text


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
