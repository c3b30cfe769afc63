"""What a cluster's refusals mean, and what it means that there is no way to it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from providers.calls.failures import Question, Setback, credentials_missing, setback_or_failure

if TYPE_CHECKING:
    from broker.domain.errors import AccessDenied, CloudError


def refusal(
    question: Question, status: int, headers: Mapping[str, str], body: bytes
) -> "CloudError | Setback":
    """What an answer other than 200 means: a Status object, of which only the number is told."""
    return setback_or_failure(question, status, headers, "")


def no_way(question: Question, error: Exception) -> "AccessDenied":
    """What an *error* of kubeconfig means; its text names files, and a plug-in may say more."""
    return credentials_missing(question, type(error).__name__)
