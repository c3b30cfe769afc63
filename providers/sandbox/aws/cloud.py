"""AWS on a port of this computer."""

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from broker.domain.offers import Offer
from broker.ports.sandbox import SandboxCloud
from providers.sandbox.aws.account import SandboxAccount
from providers.sandbox.aws.application import AwsApplication
from providers.sandbox.aws.market import market
from providers.sandbox.faults import Fault, Faults, sown
from providers.sandbox.stock import Reserved

HOME = "us-east-1"


class AwsSandbox:
    """moto's server and our extension; *faults* are in place from the start.

    *latency_seconds* pass before every answer, as if the cloud were far away. The account has what
    is *reserved*.
    """

    def __init__(
        self,
        faults: Sequence[Fault] = (),
        *,
        latency_seconds: float = 0,
        reserved: Sequence[Reserved] = (),
    ) -> None:
        self._faults = tuple(faults)
        self._reserved = tuple(reserved)
        self._latency_seconds = latency_seconds
        self._application: AwsApplication | None = None
        self._server: BaseWSGIServer | None = None

    @property
    def name(self) -> str:
        """The provider that it stands in for."""
        return "aws"

    def asked(self) -> frozenset[str]:
        """Every action that was asked for since the start, as IAM names it: `ec2:DescribeRegions`."""
        return frozenset(self._application.asked if self._application else ())

    def start(self, offers: Sequence[Offer], *, fault_seed: int | None = None) -> Mapping[str, str]:
        """Serve on a free port; the region that is asked for the list of regions never fails."""
        sold = market(offers)
        seeds = () if fault_seed is None else sown(set(sold.regions) - {HOME}, fault_seed)
        now = datetime.now(UTC)  # noqa: TID251  # a cloud has a clock
        account = SandboxAccount(sold, Faults((*self._faults, *seeds)), now, self._reserved)
        self._application = AwsApplication(account, self._latency_seconds)
        self._server = make_server(
            "127.0.0.1", 0, self._application, threaded=True, request_handler=_Quiet
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return {"BROKER_AWS_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}"}

    def stop(self) -> None:
        """Close the port."""
        if self._application is not None:
            self._application.closing.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._application = self._server = None


class _Quiet(WSGIRequestHandler):
    """Writes no line per request, and keeps connections open as AWS does."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Nothing."""


_: type[SandboxCloud] = AwsSandbox
