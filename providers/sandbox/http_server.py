"""An HTTP server on this computer that answers, and fails in the ways it is told to."""

import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from providers.sandbox.faults import FaultKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One GET, or a POST with its *body*; headers are by their name in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""

    def bearer(self) -> str:
        """The token it is signed with, or nothing."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""

    def asked(self) -> dict[str, Any]:
        """The JSON object that was posted; empty for anything else."""
        try:
            posted = json.loads(self.body)
        except ValueError:
            return {}
        return posted if isinstance(posted, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as JSON; *fault* is one of those that concern the connection, or None."""

    body: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: FaultKind | None = None


Answer = Callable[[Request], Reply]


class HttpServer:
    """Answers on a free port of 127.0.0.1, each request in a thread of its own.

    Each answer waits for *latency_seconds* first, as if the way were long.
    """

    def __init__(self, answer: Answer, *, latency_seconds: float = 0) -> None:
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.answer = answer
        self._server.stopping = self._stopping
        self._server.latency_seconds = latency_seconds
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is reached, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Close the port, and every connection that hangs; a second time does nothing."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    answer: Answer
    stopping: threading.Event
    latency_seconds: float

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong here; that a client has hung up is no fault."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection; it hangs and cuts off as its reply says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each reply waits for an acknowledgement
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        self._answer(self.rfile.read(int(length)) if length.isdecimal() else b"")

    def _answer(self, body: bytes) -> None:
        self.server.stopping.wait(self.server.latency_seconds)
        parts = urlsplit(self.path)
        reply = self.server.answer(
            Request(
                path=parts.path,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                method=self.command,
                body=body,
            )
        )
        if reply.fault is FaultKind.HANG:
            self.server.stopping.wait()
            self.close_connection = True
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        content = json.dumps(reply.body, separators=(",", ":")).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.fault is FaultKind.TRUNCATED:
            content = content[: len(content) // 2]
            self.close_connection = True
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is inherited
        """Say nothing: what is asked may hold what nobody should read."""
