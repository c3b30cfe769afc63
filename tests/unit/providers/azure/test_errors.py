"""Azure's errors in our words, and its own credentials where there are none."""

import json
import subprocess
import sys
from typing import Any

import pytest
from azure.core import exceptions as sdk
from azure.identity import CredentialUnavailableError

from broker.domain.errors import CloudError, Unavailable, UsageInvalid
from broker.domain.geography import RegionKey
from broker.domain.regions import RegionStatus
from providers.azure.adapter import CREDENTIALS, PERMISSION, Azure
from providers.azure.errors import refusal, translated
from providers.calls.failures import Question, Setback
from tests.fakes.stand_ins import CONNECTION, HASTY

EASTUS = RegionKey.parse("azure/eastus")
QUESTION = Question("azure/eastus", permission=PERMISSION, credentials=CREDENTIALS)


def code_of(found: CloudError | Setback) -> tuple[str, bool]:
    """The code, and whether it may pass."""
    failure = found.failure if isinstance(found, Setback) else found
    (finding,) = failure.diagnostics
    return finding.code, isinstance(found, Setback)


@pytest.mark.parametrize(
    ("error", "code", "passing"),
    [
        (sdk.ServiceRequestTimeoutError("slow"), "cloud-timeout", True),
        (sdk.ServiceResponseTimeoutError("slow"), "cloud-timeout", True),
        (sdk.ServiceRequestError("no route"), "cloud-unavailable", True),
        (sdk.ServiceResponseError("reset"), "cloud-unavailable", True),
        (sdk.IncompleteReadError("cut"), "cloud-answer-damaged", True),
        (sdk.DecodeError("no JSON"), "cloud-answer-damaged", True),
        (sdk.AzureError("anything"), "cloud-unavailable", True),
        (CredentialUnavailableError("none"), "cloud-credentials-missing", False),
        (sdk.ClientAuthenticationError("each attempt failed"), "cloud-credentials-missing", False),
        (
            sdk.ClientAuthenticationError("AADSTS7000222: the client secret is expired"),
            "cloud-credentials-refused",
            False,
        ),
    ],
)
def test_each_error_of_the_sdk_is_one_of_ours(
    error: sdk.AzureError,
    code: str,
    passing: bool,  # noqa: FBT001
) -> None:
    assert code_of(translated(error, QUESTION)) == (code, passing)


@pytest.mark.parametrize(
    ("status", "said", "code"),
    [
        (409, "MissingSubscriptionRegistration", "cloud-not-opted-in"),
        (400, "NoRegisteredProviderFound", "cloud-not-opted-in"),
        (400, "LocationNotAvailableForResourceType", "cloud-not-opted-in"),
        (404, "SubscriptionNotFound", "cloud-not-found"),
        (403, "AuthorizationFailed", "cloud-access-denied"),
        (401, "ExpiredAuthenticationToken", "cloud-credentials-refused"),
        (400, "InvalidParameter", "cloud-answer-damaged"),
    ],
)
def test_a_refusal_is_told_by_what_arm_minds(status: int, said: str, code: str) -> None:
    body = json.dumps({"error": {"code": said, "message": "words"}}).encode()

    assert code_of(refusal(QUESTION, status, {}, body)) == (code, False)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "words"}', b'{"error": []}'])
def test_a_refusal_without_a_reason_is_told_by_its_status(body: bytes) -> None:
    assert code_of(refusal(QUESTION, 403, {}, body)) == ("cloud-access-denied", False)


def test_without_a_subscription_there_is_nothing_to_ask() -> None:
    result = Azure(CONNECTION, environment={}, patience=HASTY).discover(EASTUS)

    assert result.status is RegionStatus.DENIED
    (finding,) = result.findings
    assert finding.code == "cloud-credentials-missing"
    assert "AZURE_SUBSCRIPTION_ID" in finding.hint


def test_without_credentials_a_region_is_denied_and_says_where_they_are_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    azure = Azure(CONNECTION, environment={"AZURE_SUBSCRIPTION_ID": "some"}, patience=HASTY)

    result = azure.discover(EASTUS)

    assert result.status is RegionStatus.DENIED
    assert [finding.code for finding in result.findings] == ["cloud-credentials-missing"]
    assert "az login" in result.findings[0].hint


@pytest.mark.parametrize(
    "wrong",
    [
        {"AZURE_TOKEN_CREDENTIALS": "Nonsense"},
        {"AZURE_TENANT_ID": "no/tenant"},
        {"AZURE_AUTHORITY_HOST": "http://127.0.0.1:9"},
    ],
)
def test_settings_of_credentials_that_make_no_sense_are_said(
    wrong: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = {
        "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
        "AZURE_TENANT_ID": "00000000-0000-0000-0000-000000000000",
        "AZURE_CLIENT_ID": "fake",
        "AZURE_CLIENT_SECRET": "fake-secret",
    }
    for name, value in {**sound, **wrong}.items():
        monkeypatch.setenv(name, value)
    azure = Azure(CONNECTION, environment={"AZURE_SUBSCRIPTION_ID": "some"}, patience=HASTY)

    result = azure.discover(EASTUS)

    assert result.status is RegionStatus.DENIED
    (finding,) = result.findings
    assert finding.code == "cloud-credentials-missing"
    assert "fake-secret" not in repr(finding)


def test_a_cloud_that_can_not_be_reached_is_an_error() -> None:
    here = {"BROKER_AZURE_ENDPOINT": "http://127.0.0.1:9", "AZURE_SUBSCRIPTION_ID": "some"}
    azure = Azure(CONNECTION, environment=here, patience=HASTY)

    result = azure.discover(EASTUS)

    assert result.status is RegionStatus.ERROR
    assert [finding.code for finding in result.findings] == ["cloud-unavailable"]
    with pytest.raises(Unavailable):
        azure.regions()


def test_an_endpoint_that_would_be_sent_credentials_unencrypted_is_refused() -> None:
    elsewhere = {"BROKER_AZURE_ENDPOINT": "http://cloud.example", "AZURE_SUBSCRIPTION_ID": "some"}

    with pytest.raises(UsageInvalid):
        Azure(CONNECTION, environment=elsewhere).regions()


def test_making_the_adapter_imports_no_sdk_and_reads_no_credential() -> None:
    statements = """
import sys
from datetime import UTC, datetime
from broker.ports.capacity import Connection
from broker.storage.clock import StoppedClock
from providers.azure.adapter import Azure
Azure(Connection(clock=StoppedClock(datetime(2026, 1, 1, tzinfo=UTC))), environment={})
print(sorted({"azure", "msal", "requests", "urllib3", "http.client"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", statements], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def shown(found: Any) -> str:
    return repr(found.diagnostics)


def test_what_the_sdk_says_of_a_request_is_not_shown() -> None:
    error = sdk.ServiceRequestError("https://management.azure.com/?sig=hunter2")
    found = translated(error, QUESTION)

    assert isinstance(found, Setback)
    assert "hunter2" not in shown(found.failure)
