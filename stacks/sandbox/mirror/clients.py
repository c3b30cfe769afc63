"""Clients of the HTTP sandbox, one per service and region, shared by all threads."""

import os
from threading import Lock
from typing import Any

SECONDS = 20
HOME = "us-east-1"
NOT_CREDENTIALS = {
    "aws_access_key_id": "no-key-of-anybody",
    "aws_secret_access_key": "no-secret-of-anybody",
}
"""What is signed with: the user's own credentials have no business here."""

NO_PROFILE = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""Keeps botocore from reading the user's files: a profile that is missing would stop it."""


class Clients:
    """Made when they are asked for the first time; *endpoint* is on this computer."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._made: dict[tuple[str, str], Any] = {}
        self._session: Any = None
        self._lock = Lock()

    def client(self, service: str, region: str) -> Any:
        """The one of *service* in *region*; services without regions are asked at home."""
        key = (service, region or HOME)
        with self._lock:
            if key not in self._made:
                self._made[key] = self._connected(*key)
            return self._made[key]

    def _connected(self, service: str, region: str) -> Any:
        import boto3.session  # noqa: PLC0415  # takes a moment
        import botocore.session  # noqa: PLC0415  # same
        from botocore.config import Config  # noqa: PLC0415  # same

        if self._session is None:
            self._session = boto3.session.Session(
                botocore_session=botocore.session.Session(session_vars=NO_PROFILE)
            )
        return self._session.client(
            service,
            region_name=region,
            endpoint_url=self._endpoint,
            config=Config(
                retries={"total_max_attempts": 2},
                connect_timeout=SECONDS,
                read_timeout=SECONDS,
                proxies={},
            ),
            **NOT_CREDENTIALS,
        )
