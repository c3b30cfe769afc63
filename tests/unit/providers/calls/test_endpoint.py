"""Where credentials may be sent."""

import pytest

from broker.domain.errors import UsageInvalid
from providers.calls.endpoint import Endpoint

OTHERWISE = "https://management.azure.com"


@pytest.mark.parametrize(
    ("value", "here"),
    [
        ("http://127.0.0.1:4711", True),
        ("http://127.0.0.1:4711/", True),
        ("http://localhost:4711", True),
        ("http://[::1]:4711", True),
        ("https://127.0.0.1:4711", True),
        ("https://management.usgovcloudapi.net", False),
    ],
)
def test_an_endpoint_is_https_or_on_this_computer(value: str, here: bool) -> None:  # noqa: FBT001
    endpoint = Endpoint.chosen("BROKER_X_ENDPOINT", OTHERWISE, {"BROKER_X_ENDPOINT": value})

    assert endpoint == Endpoint(value.rstrip("/"), here)


@pytest.mark.parametrize("environment", [{}, {"BROKER_X_ENDPOINT": ""}])
def test_without_a_setting_it_is_the_cloud(environment: dict[str, str]) -> None:
    assert Endpoint.chosen("BROKER_X_ENDPOINT", OTHERWISE, environment) == Endpoint(OTHERWISE)


@pytest.mark.parametrize(
    "value",
    [
        "http://management.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "ftp://127.0.0.1",
        "127.0.0.1:4711",
        "https://",
        "http://127.0.0.1:port",
        "nonsense",
    ],
)
def test_credentials_are_not_sent_unencrypted_to_elsewhere(value: str) -> None:
    with pytest.raises(UsageInvalid) as caught:
        Endpoint.chosen("BROKER_X_ENDPOINT", OTHERWISE, {"BROKER_X_ENDPOINT": value})

    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.subject) == ("setting-invalid", "BROKER_X_ENDPOINT")


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://management.azure.com/next?page=2", True),
        ("http://management.azure.com/next", False),
        ("https://management.azure.com.evil.example/next", False),
        ("https://management.azure.com:8443/next", False),
        ("https://management.azure.com:x/next", False),
        ("/next", False),
    ],
)
def test_a_next_page_is_at_the_same_place(url: str, same: bool) -> None:  # noqa: FBT001
    assert Endpoint(OTHERWISE).leads_to(url) is same
