"""Reading JSON over HTTP, from a server on this computer that misbehaves."""

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
import requests

from broker.domain.errors import AccessDenied, CloudError, RateLimited, TimedOut, Unavailable
from providers.calls import json_reader
from providers.calls.effort import Effort, Patience
from providers.calls.failures import Question, Setback
from providers.calls.json_reader import JsonReader, http_refusal, parse

QUESTION = Question("cloud/region", permission="", credentials="")
PATIENCE = Patience(
    seconds=1.0, retries=2, pause_seconds=0.01, longest_pause_seconds=0.01, silence_seconds=0.2
)


class RawServer:
    """Sends each of *replies* to one connection after the other, byte by byte as given.

    A reply is its bytes, or a list of them with a breath between; the last is sent for ever.
    """

    def __init__(self, *replies: bytes | list[bytes]) -> None:
        self._replies = list(replies)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._port = self._socket.getsockname()[1]
        self._stopping = threading.Event()
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/list?key=secret-key"

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            reply = self._replies[min(self.connections, len(self._replies) - 1)]
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection, reply), daemon=True).start()

    def _answer(self, connection: socket.socket, reply: bytes | list[bytes]) -> None:
        with closing(connection):
            try:
                connection.recv(65536)
                for piece in [reply] if isinstance(reply, bytes) else reply:
                    connection.sendall(piece)
                    if not isinstance(reply, bytes):
                        self._stopping.wait(0.05)
                if not reply:
                    self._stopping.wait(5)
            except OSError:
                return

    def close(self) -> None:
        self._stopping.set()
        self._socket.close()


def reply(
    body: bytes, status: str = "200 OK", *, length: int | None = None, **headers: str
) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


GOOD = reply(b'{"price": 1.10}')
HANGS: list[bytes] = []


@pytest.fixture
def opened() -> Iterator[list[RawServer]]:
    servers: list[RawServer] = []
    yield servers
    for server in servers:
        server.close()


def read(server: RawServer, **options: Any) -> dict[str, Any]:
    with requests.Session() as session:
        session.trust_env = False
        effort = Effort(PATIENCE, QUESTION)
        return JsonReader(session, effort, http_refusal).read(server.url, **options)


def served(opened: list[RawServer], *replies: bytes | list[bytes]) -> RawServer:
    server = RawServer(*replies)
    opened.append(server)
    return server


def test_amounts_are_read_as_they_are_written(opened: list[RawServer]) -> None:
    assert read(served(opened, GOOD)) == {"price": Decimal("1.10")}


@pytest.mark.parametrize(
    "bad",
    [
        reply(b"", "503 Service Unavailable"),
        reply(b"", "429 Too Many Requests", Retry_After="0.01"),
        reply(b'{"price": 1', length=15),
        reply(b'{"price": 1'),
        reply(b"<html>"),
        reply(b"[]"),
        reply(b"\xff\xfe{"),
        reply(b"[" * 100_000),
        b"",
        b"nonsense\r\n\r\n",
        HANGS,
    ],
    ids=[
        "503", "429", "cut", "cut-json", "html", "list", "bytes", "deep", "closed", "no-http",
        "hang",
    ],
)  # fmt: skip
def test_what_may_pass_is_asked_for_again(opened: list[RawServer], bad: bytes) -> None:
    server = served(opened, bad, GOOD)

    assert read(server) == {"price": Decimal("1.10")}
    assert server.connections == 2


@pytest.mark.parametrize(
    ("bad", "error", "code"),
    [
        (reply(b"", "503 Busy"), Unavailable, "cloud-unavailable"),
        (reply(b"", "429 Slow"), RateLimited, "cloud-rate-limited"),
        (reply(b'{"price": 1', length=15), Unavailable, "cloud-answer-damaged"),
        (reply(b"<html>"), Unavailable, "cloud-answer-damaged"),
        (HANGS, TimedOut, "cloud-timeout"),
    ],
)
def test_what_does_not_pass_is_a_failure_after_the_budget(
    opened: list[RawServer], bad: bytes, error: type[CloudError], code: str
) -> None:
    server = served(opened, bad)

    with pytest.raises(error) as caught:
        read(server)
    assert [finding.code for finding in caught.value.diagnostics] == [code]
    assert server.connections == 1 + PATIENCE.retries


def test_what_is_final_is_asked_for_once(opened: list[RawServer]) -> None:
    body = b'{"error": {"code": "Forbidden", "message": "not you"}}'
    server = served(opened, reply(body, "403 Forbidden"))

    with pytest.raises(AccessDenied) as caught:
        read(server)
    assert "Forbidden not you" in caught.value.diagnostics[0].detail
    assert server.connections == 1


def test_no_redirection_is_followed(opened: list[RawServer]) -> None:
    elsewhere = served(opened, GOOD)
    server = served(opened, reply(b"", "302 Found", Location=elsewhere.url))

    with pytest.raises(Unavailable):
        read(server)
    assert elsewhere.connections == 0


def test_an_answer_that_drips_ends_at_the_deadline(opened: list[RawServer]) -> None:
    drip = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b" "] * 1000]

    with pytest.raises(TimedOut):
        read(served(opened, drip))


def test_a_compressed_answer_in_chunks_is_read(opened: list[RawServer]) -> None:
    packed = gzip.compress(b'{"price": 1.10}')
    head = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"
        b"Connection: close\r\n\r\n"
    )
    chunks = [b"1\r\n" + packed[n : n + 1] + b"\r\n" for n in range(len(packed))]

    assert read(served(opened, [head + b"".join(chunks[:7]), b"".join(chunks[7:]) + b"0\r\n\r\n"]))
    cut = served(opened, [head + b"".join(chunks[:7])], GOOD)
    assert read(cut) == {"price": Decimal("1.10")}
    assert cut.connections == 2


def test_an_answer_without_an_end_does_not_fill_the_memory(
    opened: list[RawServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_reader, "MOST_BYTES", 1000)

    with pytest.raises(Unavailable, match="cut off"):
        read(served(opened, reply(b" " * 2000)))


def test_a_complaint_about_an_answer_is_one_about_the_cloud(opened: list[RawServer]) -> None:
    server = served(opened, GOOD)

    with pytest.raises(Unavailable) as caught:
        read(server, complaint=lambda answer: f"the price is {answer['price']}")
    assert "the price is 1.10" in caught.value.diagnostics[0].detail
    assert server.connections == 1 + PATIENCE.retries


@pytest.mark.parametrize("bad", [b"nonsense\r\n\r\n", b"", HANGS, reply(b"", "503 Busy")])
def test_no_failure_shows_what_stands_in_the_address(opened: list[RawServer], bad: bytes) -> None:
    with pytest.raises(CloudError) as caught:
        read(served(opened, bad))

    assert "secret-key" not in repr(caught.value.diagnostics)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as bound, requests.Session() as session:
        bound.bind(("127.0.0.1", 0))
        session.trust_env = False
        reader = JsonReader(session, Effort(PATIENCE, QUESTION), http_refusal)

        with pytest.raises(Unavailable):
            reader.read(f"http://127.0.0.1:{bound.getsockname()[1]}")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_stays_what_it_is(text: str) -> None:
    value = parse(f'{{"price": {text}}}'.encode(), QUESTION)["price"]

    assert isinstance(value, Decimal)
    assert not value.is_finite()


def test_what_holds_no_object_is_a_setback() -> None:
    with pytest.raises(Setback):
        parse(b'"text"', QUESTION)
