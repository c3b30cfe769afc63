"""A bucket that is not there, or does not let us, is said so."""

import sys
from collections.abc import Iterator

import pytest

from broker.domain.errors import CloudError, NotFound, Unavailable, UsageInvalid
from stacks.objects.s3 import S3Objects, connection_failure, failure
from tests.fakes.buckets import bucket_server, lead_to


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with bucket_server() as address:
        yield address


@pytest.mark.parametrize("address", ["", "s3://", "s3:///x", "gs://bucket", "bucket"])
def test_what_is_no_address_of_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(UsageInvalid):
        S3Objects(address)


@pytest.mark.parametrize(
    ("address", "shown"),
    [("s3://b", "s3://b"), ("s3://b/", "s3://b"), ("s3://b/c/d/", "s3://b/c/d")],
)
def test_the_address_is_shown_without_a_slash_at_its_end(address: str, shown: str) -> None:
    assert S3Objects(address).address == shown


def test_a_bucket_that_is_not_there_is_no_empty_one(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(server, monkeypatch)
    objects = S3Objects("s3://no-such-bucket")

    for attempt in (
        lambda: objects.read("state.json"),
        lambda: objects.put("state.json", b"", expected=None),
        lambda: objects.names(""),
    ):
        with pytest.raises(NotFound) as caught:
            attempt()
        assert caught.value.diagnostics[0].code == "bucket-missing"


def test_a_place_that_can_not_be_reached_is_said_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead_to("http://127.0.0.1:9", monkeypatch)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-7c1f")
    with pytest.raises(Unavailable) as caught:
        S3Objects("s3://bucket").read("state.json")

    assert caught.value.diagnostics[0].code == "bucket-unreachable"
    assert "canary" not in repr(caught.value.diagnostics)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDenied", "bucket-denied"),
        ("ExpiredToken", "bucket-denied"),
        ("SlowDown", "bucket-unreachable"),
        ("InternalError", "bucket-unreachable"),
    ],
)
def test_each_refusal_has_its_code(code: str, told: str) -> None:
    error = failure("s3://bucket", code, "words")

    assert isinstance(error, CloudError)
    assert error.diagnostics[0].code == told


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(UsageInvalid) as caught:
        S3Objects("s3://bucket").read("state.json")

    assert caught.value.diagnostics[0].code == "library-missing"
    assert "gpu-broker[aws]" in caught.value.diagnostics[0].hint


@pytest.mark.parametrize(
    ("setting", "told"),
    [("AWS_PROFILE", "bucket-denied"), ("AWS_ENDPOINT_URL_S3", "bucket-unreachable")],
)
def test_settings_that_lead_nowhere_are_said_without_their_words(
    monkeypatch: pytest.MonkeyPatch, setting: str, told: str
) -> None:
    lead_to("http://127.0.0.1:9", monkeypatch)
    monkeypatch.setenv(setting, "canary-7c1f")
    with pytest.raises(CloudError) as caught:
        S3Objects("s3://bucket").read("state.json")

    assert caught.value.diagnostics[0].code == told
    assert "canary" not in repr(caught.value.diagnostics)


def test_missing_credentials_are_no_failure_of_the_network() -> None:
    error = connection_failure("s3://bucket", "NoCredentialsError")

    assert error.diagnostics[0].code == "bucket-denied"
