"""What an exception of botocore means, in the words of the broker."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from broker.domain.errors import CloudError
from providers.calls.failures import (
    Question,
    Setback,
    credentials_missing,
    credentials_refused,
    damaged,
    denied,
    not_found,
    not_opted_in,
    rate_limited,
    timed_out,
    unavailable,
    wait_seconds,
)

THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes for throttling, of those that botocore names (botocore.retries.standard)."""

REFUSED = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Credentials that are wrong or no longer good; or a clock that is wrong."""

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "Blocked", "UnauthorizedOperation"})

NOT_SWITCHED_ON = frozenset({"OptInRequired", "PendingVerification"})
"""The account is not signed up for the service, or is still being looked at (EC2 API, errors)."""

MISSING = frozenset(
    {
        "InvalidInstanceType",
        "InvalidParameterValue",
        "NoSuchResourceException",
        "NotFoundException",
        "Unsupported",
        "UnsupportedOperation",
    }
)
"""What was named is not there: a machine type, or a way to buy it in this region."""

FAILING = 500
TOO_MANY_REQUESTS = 429

CLOCK_TOLERANCE_MINUTES = 5
"""AWS refuses a request that is signed for another time (Signature Version 4, clock skew)."""


@contextmanager
def translated(question: Question, asked_at: datetime) -> Iterator[None]:
    """Raise CloudError or Setback for what botocore raises inside; *asked_at* is our clock."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # half a second
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        raise _of_answer(question, error.response, asked_at) from None
    except ResponseParserError:
        raise Setback(damaged(question, "the answer can not be read")) from None
    except BotoCoreError as error:
        raise _of_connection(question, error) from None


def _of_answer(
    question: Question, response: Mapping[str, Any], asked_at: datetime
) -> CloudError | Setback:
    """What an answer that is an error means, by its code, then by its HTTP status."""
    told = response.get("Error", {})
    meta = response.get("ResponseMetadata", {})
    headers = {name.lower(): value for name, value in meta.get("HTTPHeaders", {}).items()}
    code, status = str(told.get("Code", "")), int(meta.get("HTTPStatusCode") or 0)
    detail = f"{code}: {told.get('Message', '')}"
    if code in THROTTLED or status == TOO_MANY_REQUESTS:
        return Setback(rate_limited(question, detail), wait_seconds(headers))
    if code in REFUSED:
        return credentials_refused(question, f"{detail} {_skew(headers, asked_at)}")
    if code in DENIED | NOT_SWITCHED_ON:
        return (denied if code in DENIED else not_opted_in)(question, detail)
    if status >= FAILING:
        return Setback(unavailable(question, detail), wait_seconds(headers))
    return not_found(question, detail) if code in MISSING else damaged(question, detail)


def _of_connection(question: Question, error: Exception) -> CloudError | Setback:
    """What it means that there is no answer.

    Only the kind of *error* is told: its text may hold an address, or what a program printed.
    """
    from botocore import exceptions as boto  # noqa: PLC0415

    told: Mapping[tuple[type[Exception], ...], Callable[[Question, str], CloudError]] = {
        (boto.NoCredentialsError, boto.PartialCredentialsError, boto.ProfileNotFound): (
            credentials_missing
        ),
        (boto.TokenRetrievalError, boto.SSOError, boto.CredentialRetrievalError): (
            credentials_refused
        ),
    }
    passing: Mapping[tuple[type[Exception], ...], Callable[[Question, str], CloudError]] = {
        (boto.ReadTimeoutError, boto.ConnectTimeoutError): timed_out,
        (boto.IncompleteReadError, boto.ResponseStreamingError): damaged,
        (boto.HTTPClientError, boto.ConnectionError): unavailable,
    }
    kind = type(error).__name__
    for kinds, failure in told.items():
        if isinstance(error, kinds):
            return failure(question, kind)
    for kinds, failure in passing.items():
        if isinstance(error, kinds):
            return Setback(failure(question, kind))
    return unavailable(question, kind)


def _skew(headers: Mapping[str, str], asked_at: datetime) -> str:
    """How far the clock of this computer is from the cloud's, if that is why it refuses."""
    try:
        told = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return ""
    minutes = round((asked_at - told).total_seconds() / 60)
    if abs(minutes) < CLOCK_TOLERANCE_MINUTES:
        return ""
    return f"(the clock of this computer is {minutes:+d} minutes off)"
