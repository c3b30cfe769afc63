"""Errors of Azure's SDK, and of its answers over HTTP, in the words of the broker."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from broker.domain.errors import CloudError
from providers.calls.failures import (
    Question,
    Setback,
    credentials_missing,
    credentials_refused,
    damaged,
    not_found,
    not_opted_in,
    setback_or_failure,
    timed_out,
    unavailable,
)
from providers.calls.json_reader import message_in

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError, HttpResponseError

NOT_SWITCHED_ON = (
    "MissingSubscriptionRegistration",
    "NoRegisteredProviderFound",
    "SubscriptionNotRegistered",
    "LocationNotAvailableForResourceType",
)
UNKNOWN_PLACE = ("SubscriptionNotFound", "InvalidSubscriptionId", "InvalidLocation")


def refusal(
    question: Question, status: int, headers: Mapping[str, str], body: bytes
) -> CloudError | Setback:
    """What an answer other than 200 means; ARM says in a word of its own what it minds."""
    message = message_in(body)
    if message.startswith(NOT_SWITCHED_ON):
        return not_opted_in(question, message)
    if message.startswith(UNKNOWN_PLACE):
        return not_found(question, message)
    return setback_or_failure(question, status, headers, message)


def translated(error: "AzureError", question: Question) -> CloudError | Setback:
    """What the SDK's *error* means; no text of a request, which may hold a secret, is kept."""
    from azure.core import exceptions as sdk  # noqa: PLC0415  # only a refresh pays for the SDK

    match error:
        case sdk.ServiceRequestTimeoutError() | sdk.ServiceResponseTimeoutError():
            return Setback(timed_out(question, type(error).__name__))
        case sdk.IncompleteReadError() | sdk.DecodeError() | sdk.DeserializationError():
            return Setback(damaged(question, type(error).__name__))
        case sdk.ClientAuthenticationError() if error.response is None:
            return _without_token(error, question)
        case sdk.HttpResponseError() if error.response is not None:
            return _refused(error.response, question)
        case _:
            return Setback(unavailable(question, type(error).__name__))


def _without_token(error: "HttpResponseError", question: Question) -> CloudError:
    """No token was had: there are no credentials, or those that are there are not accepted."""
    from azure.identity import CredentialUnavailableError  # noqa: PLC0415

    # The chain of credentials ends in a plain ClientAuthenticationError that lists each attempt;
    # what it says of one that was tried and refused holds an AADSTS code.
    text = str(error.message)
    if isinstance(error, CredentialUnavailableError) or "AADSTS" not in text:
        return credentials_missing(question, text)
    return credentials_refused(question, text)


def _refused(response: Any, question: Question) -> CloudError | Setback:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return refusal(question, int(response.status_code or 0), headers, response.body())
