"""A container that is not there, or does not let us, is said so."""

import os
import sys
from collections.abc import Iterator

import pytest

from broker.domain.errors import (
    AccessDenied,
    CloudError,
    NotFound,
    RateLimited,
    Unavailable,
    UsageInvalid,
)
from stacks.objects import azblob
from stacks.objects.azblob import AzureBlobs
from tests.fakes.blob_storage import BlobStorage, blob_storage, lead_to
from tests.fakes.objects import failures

ADDRESS = "azblob://states/fleet"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobStorage]:
    monkeypatch.setattr(azblob, "RETRIES", 0)
    with blob_storage() as (service, domain):
        lead_to(domain, monkeypatch)
        yield service


@pytest.mark.parametrize("address", ["", "azblob://", "azblob:///x", "s3://bucket", "bucket"])
def test_what_is_no_address_of_a_container_is_refused(address: str) -> None:
    with pytest.raises(UsageInvalid):
        AzureBlobs(address)


def test_the_address_is_shown_without_a_slash_at_its_end() -> None:
    assert AzureBlobs("azblob://c/d/").address == "azblob://c/d"


def test_a_container_that_is_not_there_is_no_empty_one(service: BlobStorage) -> None:
    assert {type(error) for error in failures(AzureBlobs(ADDRESS))} == {NotFound}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AuthorizationPermissionMismatch", AccessDenied),
        (401, "InvalidAuthenticationInfo", AccessDenied),
        (503, "ServerBusy", RateLimited),
        (500, "InternalError", Unavailable),
        (409, "ContainerBeingDeleted", NotFound),
    ],
)
def test_each_refusal_has_its_kind(
    service: BlobStorage, status: int, code: str, kind: type[CloudError]
) -> None:
    service.refusal = (status, code)

    assert {type(error) for error in failures(AzureBlobs(ADDRESS))} == {kind}


def test_a_blob_that_changes_whenever_it_is_read_is_told_as_one_that_can_not_be_had(
    service: BlobStorage,
) -> None:
    service.refusal = (412, "ConditionNotMet")

    with pytest.raises(Unavailable, match="can not be had"):
        AzureBlobs(ADDRESS).read("state.json")


def test_a_place_that_can_not_be_reached_is_said_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(azblob, "RETRIES", 0)
    lead_to("127.0.0.1:9", monkeypatch)
    monkeypatch.delenv("AZURE_STORAGE_KEY")
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", "sv=2024&sig=canary-7c1f")

    assert {type(error) for error in failures(AzureBlobs(ADDRESS))} == {Unavailable}


@pytest.mark.parametrize(
    "told",
    [
        {"AZURE_STORAGE_ACCOUNT": ""},
        {"AZURE_STORAGE_KEY": "", "AZURE_STORAGE_CONNECTION_STRING": "canary-7c1f"},
        {
            "AZURE_STORAGE_KEY": "",
            "AZURE_STORAGE_PROTOCOL": "https",
            "AZURE_STORAGE_DOMAIN": "",
            "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
        },
    ],
)
def test_without_account_or_credentials_it_says_so(
    service: BlobStorage, monkeypatch: pytest.MonkeyPatch, told: dict[str, str]
) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    assert {type(error) for error in failures(AzureBlobs(ADDRESS))} == {AccessDenied}


def test_a_connection_string_leads_there_too(
    service: BlobStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.containers["states"] = {}

    domain, key = os.environ["AZURE_STORAGE_DOMAIN"], os.environ["AZURE_STORAGE_KEY"]
    for name in ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY", "AZURE_STORAGE_DOMAIN"):
        monkeypatch.delenv(name)
    told = f"AccountName=account;AccountKey={key};BlobEndpoint=http://{domain}/account;"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", told)

    assert AzureBlobs(ADDRESS).put("state.json", b"x", expected=None)
    assert list(service.containers["states"]) == ["fleet/state.json"]


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.storage.blob", None)
    with pytest.raises(UsageInvalid) as caught:
        AzureBlobs(ADDRESS).read("state.json")

    assert caught.value.diagnostics[0].code == "library-missing"
    assert "gpu-broker[azure]" in caught.value.diagnostics[0].hint
