"""Every kind of place for shared objects, each as a new and empty one on this computer."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from tempfile import TemporaryDirectory

import pytest

from broker.ports.objects import Objects
from broker.storage.folder_objects import FolderObjects
from broker.storage.told_objects import ToldObjects
from stacks.objects.azblob import AzureBlobs
from stacks.objects.gcs import GoogleObjects
from stacks.objects.s3 import S3Objects
from tests.fakes import blob_storage, buckets, google_storage
from tests.fakes.objects import MemoryObjects

Place = Callable[[pytest.MonkeyPatch], AbstractContextManager[Objects]]


@contextmanager
def memory(_: pytest.MonkeyPatch) -> Iterator[Objects]:
    yield MemoryObjects()


@contextmanager
def told(_: pytest.MonkeyPatch) -> Iterator[Objects]:
    yield ToldObjects(MemoryObjects())


def s3(prefix: str) -> Place:
    @contextmanager
    def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
        with buckets.bucket_server() as address:
            buckets.lead_to(address, monkeypatch)
            name = buckets.new_bucket()
            yield S3Objects(f"s3://{name}{prefix}")

    return made


def azblob(prefix: str) -> Place:
    @contextmanager
    def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
        with blob_storage.blob_storage() as (service, domain):
            blob_storage.lead_to(domain, monkeypatch)
            service.containers["states"] = {}
            yield AzureBlobs(f"azblob://states{prefix}")

    return made


def gs(prefix: str) -> Place:
    @contextmanager
    def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
        with google_storage.google_storage() as (service, url):
            google_storage.lead_to(url, monkeypatch)
            service.buckets["states"] = {}
            yield GoogleObjects(f"gs://states{prefix}")

    return made


@contextmanager
def folder(_: pytest.MonkeyPatch) -> Iterator[Objects]:
    with TemporaryDirectory() as root:
        yield FolderObjects(f"file://{root}")


PLACES: Mapping[str, Place] = {
    "memory": memory,
    "told": told,
    "folder": folder,
    "s3": s3(""),
    "s3-prefix": s3("/a/fleet/"),
    "azblob": azblob(""),
    "azblob-prefix": azblob("/a/fleet/"),
    "gs": gs(""),
    "gs-prefix": gs("/a/fleet/"),
}
