"""The web application of the stand-in: faults first, then our own answers, then moto's."""

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Request, Response

from providers.sandbox.aws.account import SandboxAccount
from providers.sandbox.aws.operations import answer, region_of
from providers.sandbox.aws.protocol import (
    Call,
    Refused,
    Reply,
    call_of,
    refusal,
    reply,
    with_parameters,
)
from providers.sandbox.faults import FaultKind

Environ = dict[str, Any]
WSGI = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

LOOPING_TOKEN = "page-0"  # noqa: S105  # the token of a page, not a secret


class AwsApplication:
    """Answers signed requests about *account*, each after *latency_seconds*.

    `closing` ends the wait of those that hang; `asked` collects what was asked, as IAM names it.
    """

    def __init__(self, account: SandboxAccount, latency_seconds: float = 0) -> None:
        self.closing = threading.Event()
        self.asked: set[str] = set()
        self._latency_seconds = latency_seconds
        self._account = account
        self._moto: WSGI = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI."""
        request = Request(environ, populate_request=False)
        call = call_of(request)
        if call is None:
            return self._moto(environ, start_response)
        call = with_parameters(call, request)
        self.asked.add(f"{call.service}:{call.operation}")
        if self._latency_seconds:
            self.closing.wait(self._latency_seconds)
        answered = self._answer(call)
        if answered is None:
            environ["wsgi.input"] = _again(request)
            return self._moto(environ, start_response)
        response = Response(
            answered.body, status=answered.status, headers=dict(answered.headers.items())
        )
        return response(environ, start_response)

    def _answer(self, call: Call) -> Reply | None:
        fault = self._account.faults.due(region_of(call))
        try:
            self._fail(fault, call)
            result = answer(self._account, call)
        except Refused as refused:
            return refusal(call, refused)
        if result is None:
            return None
        if fault is FaultKind.LOOP and call.operation != "DescribeRegions":
            result = _looping(result)
        if fault is FaultKind.UNSETTLED and call.operation == "DescribeInstanceTypes":
            result = {**result, "InstanceTypes": result["InstanceTypes"][::2]}
        sent = reply(call, result)
        if fault is FaultKind.TRUNCATED:
            half = sent.body[: len(sent.body) // 2]
            return Reply(status=sent.status, body=half, headers=sent.headers)
        return sent

    def _fail(self, fault: FaultKind | None, call: Call) -> None:
        """Raise the Refused of *fault*, or hang; nothing for a fault of another sort."""
        xml = call.service == "ec2"
        match fault:
            case FaultKind.HANG:
                self.closing.wait()
            case FaultKind.THROTTLED:
                code = "RequestLimitExceeded" if xml else "ThrottlingException"
                raise Refused(code, "Request limit exceeded.", status=429, Retry_After="0.05")
            case FaultKind.UNAVAILABLE:
                code = "Unavailable" if xml else "InternalServerException"
                raise Refused(code, "The service is unavailable.", status=503)
            case FaultKind.DENIED:
                code = "UnauthorizedOperation" if xml else "AccessDeniedException"
                raise Refused(code, "You are not authorized to perform this operation.", status=403)
            case FaultKind.EXPIRED:
                code = "RequestExpired" if xml else "ExpiredTokenException"
                raise Refused(code, "The security token included in the request is expired")
            case _:
                return


def _looping(result: dict[str, Any]) -> dict[str, Any]:
    """*result* with a token that leads back to its own page; zones have no pages."""
    if "AvailabilityZones" in result:
        return result
    key = "nextToken" if "searchResults" in result else "NextToken"
    return {**result, key: LOOPING_TOKEN}


def _again(request: Request) -> Any:
    """The body once more, for whom it was not read yet."""
    return io.BytesIO(request.get_data(cache=True))
