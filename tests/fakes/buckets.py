"""A bucket that the S3 stand-in serves on this computer, in a thread."""

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def bucket_server() -> Iterator[str]:
    """Its address, as AWS_ENDPOINT_URL_S3 wants it."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def lead_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK find the stand-in, and no account."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": address,
        "AWS_ACCESS_KEY_ID": "of-nobody",
        "AWS_SECRET_ACCESS_KEY": "of-nobody",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)


def make_bucket(name: str) -> None:
    import boto3

    boto3.client("s3").create_bucket(Bucket=name)


_NUMBERS = itertools.count()


def new_bucket() -> str:
    """Make one that nobody has used: all servers of a process have the same ones."""
    name = f"bucket-of-its-own-{next(_NUMBERS)}"
    make_bucket(name)
    return name
