"""The SDK's clients: made when first needed, with timeouts of ours and no repeats of their own."""

import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from providers.aws.turns import Turns
from providers.calls.effort import Effort
from providers.calls.endpoint import Endpoint

if TYPE_CHECKING:
    from boto3.session import Session

ENDPOINT = "BROKER_AWS_ENDPOINT"
"""The setting that puts one address in the place of all of AWS's own."""

HOME = "us-east-1"
"""Asked for the list of regions, unless AWS_REGION names another: it is always switched on."""

PRICES = "us-east-1"
"""The price list is served from three regions only (botocore endpoints.json); this is one."""

NOT_CREDENTIALS = {
    "aws_access_key_id": "no-key-of-anybody",
    "aws_secret_access_key": "no-secret-of-anybody",
    "aws_session_token": "no-token-of-anybody",
}
"""What a stand-in on this computer is sent in the place of the user's own."""

NO_PROFILE = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""Keeps botocore from reading the user's files where they are of no use."""

MOST_CONNECTIONS = 32

SHARED_AT_ONCE = 6
"""Requests at once to what serves all regions: all of them together would soon be throttled."""


class AwsClients:
    """Clients of one account by service and region, shared by all threads.

    *shared* gives turns at the services that one place serves for all regions.
    """

    def __init__(self, environment: Mapping[str, str], silence_seconds: float) -> None:
        self.home = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or HOME
        self._endpoint = (
            Endpoint.chosen(ENDPOINT, "", environment) if environment.get(ENDPOINT) else None
        )
        self._silence_seconds = silence_seconds
        self._session: Session | None = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = Turns(1)
        self.shared = Turns(SHARED_AT_ONCE)

    def client(self, service: str, region: str, effort: Effort) -> Any:
        """The client of *service* in *region*.

        Raises what botocore raises where a profile is wrong, and TimedOut where another thread
        makes a client for too long: finding credentials may ask somebody.
        """
        if (service, region) not in self._clients:
            with self._making.taken(effort):
                if (service, region) not in self._clients:
                    self._clients[service, region] = self._made(service, region)
        return self._clients[service, region]

    def _made(self, service: str, region: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415  # half a second, for a refresh only

        here = self._endpoint is not None and self._endpoint.here
        create: Any = self._the_session(here=here).client  # its types know no name in a variable
        return create(
            service,
            region_name=region,
            endpoint_url=self._endpoint.url if self._endpoint else None,
            config=Config(
                connect_timeout=min(5.0, self._silence_seconds),
                read_timeout=self._silence_seconds,
                retries={"total_max_attempts": 1, "mode": "standard"},
                max_pool_connections=MOST_CONNECTIONS,
                proxies={} if here else None,
            ),
            **(NOT_CREDENTIALS if here else {}),
        )

    def _the_session(self, *, here: bool) -> "Session":
        import boto3.session  # noqa: PLC0415
        import botocore.session  # noqa: PLC0415

        if self._session is None:
            # At its lowest level botocore writes requests with the session token in them.
            logging.getLogger("botocore").setLevel(logging.WARNING)
            ignored = NO_PROFILE if here else None
            self._session = boto3.session.Session(
                botocore_session=botocore.session.Session(session_vars=ignored)
            )
        return self._session
