"""Blobs in a container of Azure Storage.

The account should keep versions of blobs, and let nobody read but those who change the fleet. The same
variables lead to it as lead the engine to its records there: AZURE_STORAGE_ACCOUNT, and
AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_CONNECTION_STRING, or else what the SDK finds
(gocloud.dev/howto/blob, "Azure Blob Storage").
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from broker.domain.errors import AccessDenied, NotFound, RateLimited, Unavailable
from broker.ports.objects import Objects, Stored
from stacks.objects.refusals import AbsentError, ChangedError, library_missing, parts_of, refused

KIND = "azblob"
EXTRA = "azure"
DOMAIN = "blob.core.windows.net"

CHANGED = frozenset({"BlobAlreadyExists", "ConditionNotMet", "TargetConditionNotMet"})
ABSENT = frozenset({"BlobNotFound", "ResourceNotFound"})
MISSING = frozenset({"ContainerNotFound", "ContainerBeingDeleted"})
"""A container, not a blob (learn.microsoft.com/rest/api/storageservices/blob-service-error-codes)."""

REFUSED = frozenset({401, 403})
THROTTLED = frozenset({429, 503})

SECONDS = {"connection_timeout": 5, "read_timeout": 30}
BACKOFF_SECONDS = 1
READS = 5
RETRIES = 3


class AzureBlobs:
    """Blobs below *address* (`azblob://container/prefix`); raises UsageInvalid if it is none."""

    def __init__(self, address: str, environment: Mapping[str, str] = os.environ) -> None:
        self._container_name, self._prefix = parts_of(address, KIND)
        self._environment = environment

    @property
    def address(self) -> str:
        """Without a slash at the end."""
        return f"{KIND}://{self._container_name}/{self._prefix}".rstrip("/")

    def read(self, name: str) -> Stored | None:
        """Azure Storage is strongly consistent: what was written before is seen."""
        for _ in range(READS):
            try:
                with self._translated():
                    found = self._container.download_blob(self._prefix + name)
                    return Stored(content=found.readall(), version=found.properties.etag)
            except AbsentError:
                return None
            except ChangedError:
                continue  # a large one comes in several parts, which are held to be of one version
        raise refused(Unavailable, self.address, "It changed while it was read, each time.")

    def put(self, name: str, content: bytes, *, expected: str | None) -> str | None:
        """By If-Match and If-None-Match."""
        try:
            with self._translated():
                from azure.core import MatchConditions  # noqa: PLC0415

                condition: dict[str, Any] = {"match_condition": MatchConditions.IfMissing}
                if expected is not None:
                    condition = {"etag": expected, "match_condition": MatchConditions.IfNotModified}
                told = self._container.get_blob_client(self._prefix + name).upload_blob(
                    content, overwrite=True, **condition
                )
                return str(told["etag"])
        except (ChangedError, AbsentError):
            return None

    def names(self, beginning: str) -> Sequence[str]:
        """In pages of 5,000."""
        with self._translated():
            found = [*self._container.list_blob_names(name_starts_with=self._prefix + beginning)]
        return sorted(name.removeprefix(self._prefix) for name in found)

    def remove(self, name: str) -> None:
        """A blob that was not there is told of, and is no failure."""
        try:
            with self._translated():
                self._container.delete_blob(self._prefix + name)
        except AbsentError:
            pass

    @cached_property
    def _container(self) -> Any:
        try:
            from azure.storage.blob import ContainerClient, ExponentialRetry  # noqa: PLC0415
        except ImportError as error:
            raise library_missing(self.address, EXTRA) from error
        retry = ExponentialRetry(
            initial_backoff=BACKOFF_SECONDS, increment_base=2, retry_total=RETRIES
        )
        options: dict[str, Any] = {**SECONDS, "retry_policy": retry}
        environment, name = self._environment, self._container_name
        told = environment.get("AZURE_STORAGE_CONNECTION_STRING")
        own = environment.get("AZURE_STORAGE_KEY") or environment.get("AZURE_STORAGE_SAS_TOKEN")
        try:
            if told and not own:
                return ContainerClient.from_connection_string(told, name, **options)
            return ContainerClient(self._account(), name, self._credential(own), **options)
        except ValueError as error:
            # An account or a connection string that the SDK finds no sense in; its text may hold it.
            raise refused(AccessDenied, self.address, type(error).__name__) from None

    def _account(self) -> str:
        """The address of the account, or of what stands in for it on this computer."""
        environment = self._environment
        account = environment.get("AZURE_STORAGE_ACCOUNT")
        if not account:
            raise refused(AccessDenied, self.address, "AZURE_STORAGE_ACCOUNT names no account.")
        domain = environment.get("AZURE_STORAGE_DOMAIN") or DOMAIN
        protocol = environment.get("AZURE_STORAGE_PROTOCOL") or "https"
        if domain.startswith(("localhost", "127.0.0.1")):
            return f"{protocol}://{domain}/{account}"
        return f"{protocol}://{account}.{domain}"

    def _credential(self, own: str | None) -> Any:
        if own:
            return own
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415  # a second

        return DefaultAzureCredential()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        _ = self._container  # says what is missing, before anything of it is imported
        from azure.core.exceptions import (  # noqa: PLC0415
            AzureError,
            ClientAuthenticationError,
            HttpResponseError,
        )

        try:
            yield
        except HttpResponseError as error:
            told = getattr(error, "error_code", None)
            code = str(getattr(told, "value", told) or type(error).__name__)
            denied = isinstance(error, ClientAuthenticationError)
            raise failure(self.address, 401 if denied else error.status_code, code) from None
        except AzureError as error:
            # Only the kind is told: the text may hold an address with its signature.
            raise refused(Unavailable, self.address, type(error).__name__) from None


_: type[Objects] = AzureBlobs


def failure(address: str, status: int | None, code: str) -> Exception:
    """What an answer of the service with that *code* means: a CloudError, or one of ours."""
    if code in CHANGED:
        return ChangedError()
    if code in ABSENT:
        return AbsentError()
    if code in MISSING:
        return refused(NotFound, address, code)
    if status in REFUSED:
        return refused(AccessDenied, address, code)
    return refused(RateLimited if status in THROTTLED else Unavailable, address, code)
