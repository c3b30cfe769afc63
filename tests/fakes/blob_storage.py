"""Azure's blob storage on this computer: what of its interface is used here, with ETags."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from xml.sax.saxutils import escape

import pytest

from tests.fakes.http_service import Answer, Asked, serving

ACCOUNT = "account"
KEY = "a2V5IG9mIG5vYm9keQ=="
PAGE = 2
MODIFIED = "Sun, 29 Nov 2026 12:00:00 GMT"


@dataclass
class BlobStorage:
    """*refusal* is a status and a code in place of every answer."""

    containers: dict[str, dict[str, tuple[bytes, str]]] = field(default_factory=dict)
    refusal: tuple[int, str] | None = None
    _writes: int = 0
    _guard: Lock = field(default_factory=Lock)

    def answer(self, asked: Asked) -> Answer:
        with self._guard:
            if not asked.headers.get("authorization", "").startswith(f"SharedKey {ACCOUNT}:"):
                return _error(403, "AuthenticationFailed")
            if self.refusal is not None:
                return _error(*self.refusal)
            _, account, container, *rest = asked.path.split("/", 3)
            assert account == ACCOUNT
            held = self.containers.get(container)
            if held is None:
                return _error(404, "ContainerNotFound")
            return self._blob(held, rest[0], asked) if rest else _listed(held, asked)

    def _blob(self, held: dict[str, tuple[bytes, str]], name: str, asked: Asked) -> Answer:
        there = held.get(name)
        if asked.method == "PUT":
            assert asked.headers["x-ms-blob-type"] == "BlockBlob"
            return self._put(held, name, asked)
        if there is None:
            return _error(404, "BlobNotFound")
        if asked.method == "DELETE":
            del held[name]
            return Answer(status=202)
        return _read(*there, asked)

    def _put(self, held: dict[str, tuple[bytes, str]], name: str, asked: Asked) -> Answer:
        there = held.get(name)
        if asked.headers.get("if-none-match") == "*" and there is not None:
            return _error(409, "BlobAlreadyExists")
        expected = asked.headers.get("if-match")
        if expected is not None and (there is None or there[1] != expected):
            return _error(412, "ConditionNotMet")
        self._writes += 1
        tag = f'"0x8D{self._writes:013X}"'
        held[name] = asked.body, tag
        return Answer(status=201, headers={"ETag": tag, "Last-Modified": MODIFIED})


def _read(content: bytes, tag: str, asked: Asked) -> Answer:
    headers = {"ETag": tag, "Last-Modified": MODIFIED, "x-ms-blob-type": "BlockBlob"}
    span = re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers.get("x-ms-range", ""))
    if span is None:
        return Answer(body=content, headers=headers)
    begin, end = int(span[1]), min(int(span[2]) + 1, len(content))
    if begin >= len(content):
        return _error(416, "InvalidRange")
    headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(content)}"
    return Answer(status=206, body=content[begin:end], headers=headers)


def _listed(held: dict[str, tuple[bytes, str]], asked: Asked) -> Answer:
    assert asked.query["comp"] == "list"
    names = sorted(name for name in held if name.startswith(asked.query.get("prefix", "")))
    begin = int(asked.query.get("marker") or "0")
    end = begin + PAGE
    blobs = "".join(
        f"<Blob><Name>{escape(name)}</Name><Properties><Etag>{escape(held[name][1])}</Etag>"
        "</Properties></Blob>"
        for name in names[begin:end]
    )
    marker = str(end) if end < len(names) else ""
    body = (
        '<?xml version="1.0" encoding="utf-8"?><EnumerationResults>'
        # The SDK asks for the next page with the prefix that this one names.
        f"<Prefix>{escape(asked.query.get('prefix', ''))}</Prefix><Blobs>"
        f"{blobs}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
    )
    return Answer(body=body.encode(), headers={"Content-Type": "application/xml"})


def _error(status: int, code: str) -> Answer:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>canary-7c1f</Message></Error>"
    headers = {"x-ms-error-code": code, "Content-Type": "application/xml"}
    return Answer(status=status, body=body.encode(), headers=headers)


@contextmanager
def blob_storage() -> Iterator[tuple[BlobStorage, str]]:
    """The service, and its address as AZURE_STORAGE_DOMAIN wants it."""
    service = BlobStorage()
    with serving(service.answer) as url:
        yield service, url.removeprefix("http://")


def lead_to(domain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AZURE_STORAGE_ACCOUNT": ACCOUNT,
        "AZURE_STORAGE_KEY": KEY,
        "AZURE_STORAGE_DOMAIN": domain,
        "AZURE_STORAGE_PROTOCOL": "http",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
