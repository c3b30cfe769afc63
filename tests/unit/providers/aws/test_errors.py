"""Each exception of botocore in the broker's own words; none gets out as it is."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from broker.domain.errors import (
    AccessDenied,
    CloudError,
    NotFound,
    NotOptedIn,
    RateLimited,
    Unavailable,
)
from providers.aws.errors import translated
from providers.calls.failures import Question, Setback

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
QUESTION = Question("aws/us-east-1", permission="a right", credentials="Log in.")
SECRET = "wJalrXUtnFEMI-EXAMPLE"  # noqa: S105  # of AWS's own documentation


def answer(code: str, status: int = 400, **headers: str) -> boto.ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "in its own words"},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
    }
    return boto.ClientError(response, "DescribeRegions")


def outcome(error: Exception) -> CloudError | Setback:
    with pytest.raises((CloudError, Setback)) as caught, translated(QUESTION, NOW):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (answer("UnauthorizedOperation", 403), AccessDenied, "cloud-access-denied"),
        (answer("AccessDeniedException"), AccessDenied, "cloud-access-denied"),
        (answer("OptInRequired", 401), NotOptedIn, "cloud-not-opted-in"),
        (answer("PendingVerification"), NotOptedIn, "cloud-not-opted-in"),
        (answer("AuthFailure", 401), AccessDenied, "cloud-credentials-refused"),
        (answer("ExpiredTokenException"), AccessDenied, "cloud-credentials-refused"),
        (answer("RequestExpired"), AccessDenied, "cloud-credentials-refused"),
        (answer("NoSuchResourceException"), NotFound, "cloud-not-found"),
        (answer("InvalidInstanceType"), NotFound, "cloud-not-found"),
        (answer("SomethingNew"), Unavailable, "cloud-answer-damaged"),
        (boto.NoCredentialsError(), AccessDenied, "cloud-credentials-missing"),
        (boto.ProfileNotFound(profile="x"), AccessDenied, "cloud-credentials-missing"),
        (boto.UnauthorizedSSOTokenError(), AccessDenied, "cloud-credentials-refused"),
        (boto.NoRegionError(), Unavailable, "cloud-unavailable"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, boto.BotoCoreError) else None,
)
def test_what_will_not_pass_is_told_at_once(
    error: Exception, kind: type[CloudError], code: str
) -> None:
    found = outcome(error)

    assert isinstance(found, kind)
    assert [(d.code, d.subject) for d in found.diagnostics] == [(code, "aws/us-east-1")]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (answer("RequestLimitExceeded", 503), "cloud-rate-limited"),
        (answer("Throttling"), "cloud-rate-limited"),
        (answer("AnyCode", 429), "cloud-rate-limited"),
        (answer("Unavailable", 503), "cloud-unavailable"),
        (answer("InternalError", 500), "cloud-unavailable"),
        (ResponseParserError("<html>"), "cloud-answer-damaged"),
        (boto.IncompleteReadError(actual_bytes=1, expected_bytes=2), "cloud-answer-damaged"),
        (boto.ReadTimeoutError(endpoint_url="http://x"), "cloud-timeout"),
        (boto.ConnectTimeoutError(endpoint_url="http://x"), "cloud-timeout"),
        (boto.EndpointConnectionError(endpoint_url="http://x"), "cloud-unavailable"),
        (boto.ConnectionClosedError(endpoint_url="http://x"), "cloud-unavailable"),
    ],
)
def test_what_may_pass_is_a_setback(error: Exception, code: str) -> None:
    found = outcome(error)

    assert isinstance(found, Setback)
    assert [d.code for d in found.failure.diagnostics] == [code]


def test_the_cloud_says_how_long_to_wait() -> None:
    found = outcome(answer("RequestLimitExceeded", 503, **{"Retry-After": "7"}))

    assert isinstance(found, Setback)
    assert found.wait_seconds == 7
    assert isinstance(found.failure, RateLimited)


def test_a_wrong_clock_is_named_as_the_reason() -> None:
    skewed = answer("AuthFailure", 401, date="Wed, 25 Nov 2026 07:10:00 GMT")
    right = answer("AuthFailure", 401, date="Wed, 25 Nov 2026 08:00:03 GMT")

    assert "+50 minutes off" in outcome_detail(skewed)
    assert "minutes" not in outcome_detail(right)


def outcome_detail(error: Exception) -> str:
    found = outcome(error)
    assert isinstance(found, CloudError)
    return found.diagnostics[0].detail


@pytest.mark.parametrize(
    "error",
    [
        boto.CredentialRetrievalError(provider="custom-process", error_msg=SECRET),
        boto.HTTPClientError(error=f"http://user:{SECRET}@proxy"),
        boto.ProxyConnectionError(proxy_url=f"http://user:{SECRET}@proxy", error=""),
    ],
)
def test_what_may_hold_a_secret_is_not_repeated(error: Exception) -> None:
    found = outcome(error)
    failure = found.failure if isinstance(found, Setback) else found

    assert SECRET in str(error)
    assert SECRET not in repr(failure.diagnostics)


def test_a_bug_stays_a_bug() -> None:
    with pytest.raises(ZeroDivisionError), translated(QUESTION, NOW):
        _ = 1 // 0
