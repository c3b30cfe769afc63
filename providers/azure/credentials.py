"""Tokens for Azure: the user's own by the SDK's chain, or a made-up one for this computer."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from providers.calls.endpoint import MADE_UP_TOKEN

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential
    from azure.core.exceptions import ClientAuthenticationError
    from azure.core.pipeline.policies import SansIOHTTPPolicy

SPARE_SECONDS = 300
"""A token that ends sooner than that is not given out any more."""


class SharedCredential:
    """Gets a token once for all threads, and again when it is about to end.

    Each client keeps its own otherwise, and some credentials start a program for each token. If
    there is none to be had, those who waited for it meanwhile are told the same: looking for
    credentials can take seconds, for each of many regions.
    """

    def __init__(
        self,
        credential: "TokenCredential | None" = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._credential = credential
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, ...], AccessToken] = {}
        self._failure: ClientAuthenticationError | None = None
        self._failed_at = float("-inf")

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **options: Any,
    ) -> "AccessToken":
        """A token for *scopes*; raises what the chain raises. *claims* always ask for a new one."""
        began_at = self._clock()
        with self._lock:
            known = self._tokens.get(scopes)
            if known is None or claims or known.expires_on - _now() < SPARE_SECONDS:
                if self._failure is not None and self._failed_at >= began_at:
                    raise self._failure
                options |= {"claims": claims, "tenant_id": tenant_id, "enable_cae": enable_cae}
                known = self._new_token(scopes, options)
                self._tokens[scopes] = known
            return known

    def _new_token(self, scopes: tuple[str, ...], options: dict[str, Any]) -> "AccessToken":
        from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415

        try:
            return self._chain().get_token(*scopes, **options)
        except ClientAuthenticationError as error:
            self._failure = error
        except ValueError as error:
            # A tenant, an authority or a choice of credentials that the SDK finds no sense in.
            self._failure = ClientAuthenticationError(message=str(error))
        self._failed_at = self._clock()
        raise self._failure

    def _chain(self) -> "TokenCredential":
        if self._credential is None:
            from azure.identity import DefaultAzureCredential  # noqa: PLC0415  # a second

            self._credential = DefaultAzureCredential()
        return self._credential


def _now() -> float:
    return time.time()  # noqa: TID251  # tokens end by the real time, whatever a plan is dated


def made_up_token() -> "SansIOHTTPPolicy[Any, Any]":
    """Signs in place of a credential: the SDK refuses to send a real token unencrypted."""
    from azure.core.pipeline import PipelineRequest  # noqa: PLC0415
    from azure.core.pipeline.policies import SansIOHTTPPolicy  # noqa: PLC0415

    class MadeUpToken(SansIOHTTPPolicy[Any, Any]):
        """Signs with a token that only a stand-in on this computer accepts."""

        def on_request(self, request: PipelineRequest[Any]) -> None:
            """Put it where a real one would be."""
            request.http_request.headers["Authorization"] = f"Bearer {MADE_UP_TOKEN}"

    return MadeUpToken()
