"""Google Cloud Storage on this computer: what of its JSON interface is used here, with generations."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import pytest

from tests.fakes.http_service import Answer, Asked, serving

PAGE = 2
"""Small, so that every list is read page by page."""


@dataclass
class GoogleStorage:
    """*busy* so many answers say that it is asked too often; each answer is *nonsense*, if there is any."""

    buckets: dict[str, dict[str, tuple[bytes, int]]] = field(default_factory=dict)
    busy: int = 0
    status: int = 200
    nonsense: bytes | None = None
    _generation: int = 1_700_000_000_000_000
    _guard: Lock = field(default_factory=Lock)

    def answer(self, asked: Asked) -> Answer:
        with self._guard:
            status, self.busy = (429 if self.busy else self.status), max(0, self.busy - 1)
            if status != 200:
                return _error(status)
            if self.nonsense is not None:
                return Answer(body=self.nonsense)
            uploads = asked.path.startswith("/upload/")
            parts = asked.path.removeprefix("/upload").split("/", 6)
            assert parts[1:4] == ["storage", "v1", "b"], asked.path
            held = self.buckets.get(parts[4])
            if held is None:
                return _error(404)
            name = asked.query["name"] if uploads else parts[6] if len(parts) > 6 else None
            if name is None:
                return _listed(held, asked)
            return self._object(held, name, asked)

    def _object(self, held: dict[str, tuple[bytes, int]], name: str, asked: Asked) -> Answer:
        there = held.get(name)
        if asked.method == "POST":
            if asked.query["ifGenerationMatch"] != str(there[1] if there else 0):
                return _error(412)
            self._generation += 1
            held[name] = asked.body, self._generation
            return _json({"name": name, "generation": str(self._generation)})
        if there is None:
            return _error(404)
        if asked.method == "DELETE":
            del held[name]
            return Answer(status=204)
        assert asked.query["alt"] == "media"
        return Answer(body=there[0], headers={"X-Goog-Generation": str(there[1])})


def _listed(held: dict[str, tuple[bytes, int]], asked: Asked) -> Answer:
    names = sorted(name for name in held if name.startswith(asked.query.get("prefix", "")))
    begin = int(asked.query.get("pageToken", "0"))
    end = begin + PAGE
    following = {"nextPageToken": str(end)} if end < len(names) else {}
    items = {"items": [{"name": name} for name in names[begin:end]]} if names[begin:end] else {}
    return _json({**items, **following})


def _json(value: dict[str, object], status: int = 200) -> Answer:
    headers = {"Content-Type": "application/json"}
    return Answer(status=status, body=json.dumps(value).encode(), headers=headers)


def _error(status: int) -> Answer:
    return _json({"error": {"code": status, "message": "canary-7c1f"}}, status)


@contextmanager
def google_storage() -> Iterator[tuple[GoogleStorage, str]]:
    """The service, and its address as STORAGE_EMULATOR_HOST wants it."""
    service = GoogleStorage()
    with serving(service.answer) as url:
        yield service, url


def lead_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
