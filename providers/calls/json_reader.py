"""Reading JSON over HTTP: one GET at a time, within the patience that is left."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from broker.domain.errors import CloudError
from providers.calls.effort import Effort
from providers.calls.failures import (
    Question,
    Setback,
    damaged,
    setback_or_failure,
    timed_out,
    unavailable,
)
from providers.calls.told import request_told

if TYPE_CHECKING:
    from requests import Response, Session

MOST_BYTES = 256 * 1024 * 1024
"""More than any page has: an answer without an end must not fill the memory."""

CHUNK_BYTES = 64 * 1024

CONNECT_SECONDS = 5.0

Refusal = Callable[[Question, int, Mapping[str, str], bytes], CloudError | Setback]
"""Tells what an answer other than 200 means, from its status, headers (lower case) and body."""


Complaint = Callable[[Mapping[str, Any]], str]


class JsonReader:
    """GETs of one *session*, for one thread. Numbers with a point become Decimal, never float.

    No redirection is followed: it would carry credentials to another place.
    """

    def __init__(self, session: "Session", effort: Effort, refusal: Refusal) -> None:
        self._session = session
        self._effort = effort
        self._refusal = refusal

    def read(
        self,
        url: str,
        query: Mapping[str, str] | None = None,
        *,
        complaint: Complaint = lambda answer: "",
        refusal: Refusal | None = None,
    ) -> dict[str, Any]:
        """The object at *url*, asked for again after a setback; raises CloudError.

        *complaint* says what is wrong with an answer that can be read, or nothing; *refusal* takes
        the place of the usual one.
        """

        def attempt() -> dict[str, Any]:
            answer = self._attempt(url, query or {}, refusal or self._refusal)
            if wrong := complaint(answer):
                raise Setback(damaged(self._effort.question, wrong))
            return answer

        return self._effort.persist(attempt)

    def _attempt(self, url: str, query: Mapping[str, str], refusal: Refusal) -> dict[str, Any]:
        import requests  # noqa: PLC0415  # costs half a second, which only a refresh may take

        question = self._effort.question
        silence = self._effort.silence_seconds()
        try:
            with (
                request_told(f"GET {_address(url)}", question.subject) as facts,
                self._session.get(
                    url,
                    params=query,
                    timeout=(min(CONNECT_SECONDS, silence), silence),
                    stream=True,
                    allow_redirects=False,
                ) as response,
            ):
                facts["status"] = response.status_code
                body = self._body(response)
        except requests.Timeout as error:
            detail = f"{_host(url)} said nothing for {silence:.0f} seconds"
            raise Setback(timed_out(question, detail)) from error
        except requests.RequestException as error:
            # Its text may hold the whole address, and with it a key.
            detail = f"{_host(url)}: {type(error).__name__}"
            raise Setback(unavailable(question, detail)) from None
        if response.status_code != requests.codes.ok:
            headers = {name.lower(): value for name, value in response.headers.items()}
            raise refusal(question, response.status_code, headers, body)
        return parse(body, question)

    def _body(self, response: "Response") -> bytes:
        """All of the answer, a word at a time: one that drips must not outlast the deadline."""
        from urllib3.exceptions import HTTPError, ReadTimeoutError  # noqa: PLC0415  # as requests

        body = bytearray()
        try:
            while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
                self._effort.seconds_left()
                body += chunk
                if len(body) > MOST_BYTES:
                    raise damaged(self._effort.question, "the answer does not end")
        except ReadTimeoutError as error:
            raise Setback(timed_out(self._effort.question, "the answer stopped")) from error
        except HTTPError as error:
            raise Setback(damaged(self._effort.question, "the answer ends too early")) from error
        return bytes(body)


def parse(body: bytes, question: Question) -> dict[str, Any]:
    """The object that *body* holds; a Setback if it holds none, since it may be cut off."""
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=Decimal)
    except (ValueError, RecursionError) as error:
        raise Setback(damaged(question, f"no JSON: {type(error).__name__}")) from error
    if not isinstance(value, dict):
        raise Setback(damaged(question, "not an object"))
    return value


def http_refusal(
    question: Question, status: int, headers: Mapping[str, str], body: bytes
) -> CloudError | Setback:
    """What a *status* means, whatever the cloud."""
    return setback_or_failure(question, status, headers, message_in(body))


def message_in(body: bytes) -> str:
    """The cloud's own words in an error's *body* (`error.message`), or nothing."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    if isinstance(error, dict):
        return f"{error.get('code', '')} {error.get('message', '')}".strip()
    return str(error)


def _address(url: str) -> str:
    """*url* without what it asks, which may hold a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the cloud"
