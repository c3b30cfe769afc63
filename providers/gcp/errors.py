"""Errors of Google's authentication, and of its answers over HTTP, in the words of the broker."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from broker.domain.errors import CloudError
from providers.calls.failures import (
    TOO_MANY_REQUESTS,
    Question,
    Setback,
    credentials_missing,
    credentials_refused,
    not_opted_in,
    setback_or_failure,
    unavailable,
)

if TYPE_CHECKING:
    from google.auth.exceptions import GoogleAuthError

TOO_OFTEN = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
"""Reasons with which Google refuses (403) what elsewhere is too many requests (429)."""


NOT_SWITCHED_ON = frozenset(
    {"SERVICE_DISABLED", "accessNotConfigured", "LOCATION_ORG_POLICY_VIOLATED"}
)
"""Reasons why a project may not ask that it could remove by switching something on."""


def refusal(
    question: Question, status: int, headers: Mapping[str, str], body: bytes
) -> CloudError | Setback:
    """What an answer other than 200 means."""
    error = _error(body)
    message = f"{error.get('status', '')} {error.get('message', '')}".strip()
    reasons = _reasons(error)
    if reasons & NOT_SWITCHED_ON:
        return not_opted_in(question, message)
    if reasons & TOO_OFTEN:
        status = TOO_MANY_REQUESTS
    return setback_or_failure(question, status, headers, message)


def translated(error: "GoogleAuthError", question: Question) -> CloudError:
    """What an *error* of the credentials means; its own words may hold a token, and stay out."""
    from google.auth import exceptions as sdk  # noqa: PLC0415  # only a refresh pays for the SDK

    match error:
        case sdk.DefaultCredentialsError():
            return credentials_missing(question, type(error).__name__)
        case sdk.TransportError():
            return unavailable(question, f"no token: {type(error).__name__}")
        case _:
            return credentials_refused(question, type(error).__name__)


def _error(body: bytes) -> Mapping[str, Any]:
    try:
        error = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return error if isinstance(error, Mapping) else {}


def _reasons(error: Mapping[str, Any]) -> set[str]:
    told = [error.get("errors"), error.get("details")]
    return {
        str(one.get("reason"))
        for several in told
        for one in (several if isinstance(several, list) else ())
        if isinstance(one, Mapping)
    }
