"""A bucket that is not there, or does not let us, is said so; one that is busy is asked again."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.domain.errors import (
    AccessDenied,
    CloudError,
    NotFound,
    RateLimited,
    Unavailable,
    UsageInvalid,
)
from stacks.objects import gcs
from stacks.objects.gcs import GoogleObjects
from tests.fakes.google_storage import GoogleStorage, google_storage, lead_to
from tests.fakes.objects import failures

ADDRESS = "gs://states/fleet"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gcs, "BACKOFF_SECONDS", 0.001)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleStorage]:
    with google_storage() as (service, url):
        lead_to(url, monkeypatch)
        yield service


@pytest.mark.parametrize("address", ["", "gs://", "gs:///x", "s3://bucket", "bucket"])
def test_what_is_no_address_of_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(UsageInvalid):
        GoogleObjects(address)


def test_the_address_is_shown_without_a_slash_at_its_end() -> None:
    assert GoogleObjects("gs://b/c/d/").address == "gs://b/c/d"


def test_a_bucket_that_is_not_there_is_no_empty_one(service: GoogleStorage) -> None:
    assert {type(error) for error in failures(GoogleObjects(ADDRESS))} == {NotFound}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, AccessDenied), (403, AccessDenied), (429, RateLimited), (500, Unavailable)],
)
def test_each_refusal_has_its_kind(
    service: GoogleStorage, status: int, kind: type[CloudError]
) -> None:
    service.status = status

    assert {type(error) for error in failures(GoogleObjects(ADDRESS))} == {kind}


def test_a_name_that_was_written_a_moment_ago_is_written_again(service: GoogleStorage) -> None:
    service.buckets["states"] = {}
    objects = GoogleObjects(ADDRESS)
    first = objects.put("state.json", b"one", expected=None)
    service.busy = 3

    assert objects.put("state.json", b"two", expected=first)
    assert service.buckets["states"]["fleet/state.json"][0] == b"two"


@pytest.mark.parametrize("body", [b"<html>canary-7c1f</html>", b"[]", b"\xff"])
def test_who_answers_in_its_place_is_not_believed(service: GoogleStorage, body: bytes) -> None:
    service.nonsense = body
    objects = GoogleObjects(ADDRESS)

    for attempt in (
        lambda: objects.read("state.json"),
        lambda: objects.put("state.json", b"x", expected=None),
        lambda: objects.names(""),
    ):
        with pytest.raises(Unavailable) as caught:
            attempt()
        assert "canary" not in repr(caught.value.diagnostics)


def test_a_place_that_can_not_be_reached_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to("127.0.0.1:9", monkeypatch)

    assert {type(error) for error in failures(GoogleObjects(ADDRESS))} == {Unavailable}


@pytest.mark.parametrize("text", [None, "no JSON", '{"type": "canary-7c1f"}'])
def test_without_credentials_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "credentials.json"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))

    assert {type(error) for error in failures(GoogleObjects(ADDRESS))} == {AccessDenied}


@pytest.mark.parametrize("library", ["requests", "google.auth"])
def test_without_the_library_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageInvalid) as caught:
        GoogleObjects(ADDRESS).read("state.json")

    assert caught.value.diagnostics[0].code == "library-missing"
    assert "gpu-broker[gcp]" in caught.value.diagnostics[0].hint
