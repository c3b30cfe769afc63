"""Objects in an S3 bucket, or in anything that speaks like one and honours its conditions.

The bucket should keep versions (a state can then be had back from before any write) and let nobody
read but those who change the fleet. The SDK's own settings lead to it: AWS_PROFILE, AWS_REGION,
AWS_ENDPOINT_URL_S3.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from broker.domain.errors import AccessDenied, CloudError, NotFound, RateLimited, Unavailable
from broker.ports.objects import Objects, Stored
from stacks.objects.refusals import AbsentError, ChangedError, library_missing, parts_of, refused

KIND = "s3"
EXTRA = "aws"

CHANGED = frozenset({"ConditionalRequestConflict", "PreconditionFailed"})
"""Somebody else has written, or is just writing (S3 user guide, conditional writes)."""

ABSENT = frozenset({"NoSuchKey", "404"})

THROTTLED = frozenset({"SlowDown", "Throttling", "TooManyRequestsException"})

DENIED = frozenset(
    {"AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"}
)

NO_CREDENTIALS = frozenset(
    {
        "CredentialRetrievalError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "ProfileNotFound",
        "SSOError",
        "TokenRetrievalError",
    }
)
"""Errors of the SDK, which does not even ask then."""


class S3Objects:
    """Objects below *address* (`s3://bucket/prefix`); raises UsageInvalid if it is none."""

    def __init__(self, address: str) -> None:
        self._bucket, self._prefix = parts_of(address, KIND)

    @property
    def address(self) -> str:
        """Without a slash at the end."""
        return f"{KIND}://{self._bucket}/{self._prefix}".rstrip("/")

    def read(self, name: str) -> Stored | None:
        """S3 is strongly consistent: what was written before is seen."""
        try:
            with self._translated():
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
                return Stored(content=answer["Body"].read(), version=answer["ETag"])
        except AbsentError:
            return None

    def put(self, name: str, content: bytes, *, expected: str | None) -> str | None:
        """By If-Match and If-None-Match."""
        condition = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
        try:
            with self._translated():
                answer = self._client.put_object(
                    Bucket=self._bucket, Key=self._prefix + name, Body=content, **condition
                )
                return str(answer["ETag"])
        except (ChangedError, AbsentError):
            return None

    def names(self, beginning: str) -> Sequence[str]:
        """In pages of 1,000."""
        found: list[str] = []
        with self._translated():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + beginning
            )
            for page in pages:
                found += (each["Key"] for each in page.get("Contents", ()))
        return sorted(key.removeprefix(self._prefix) for key in found)

    def remove(self, name: str) -> None:
        """S3 says nothing of an object that was not there."""
        with self._translated():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    @cached_property
    def _client(self) -> Any:
        try:
            import boto3  # noqa: PLC0415  # half a second, for those who keep their state there
            from botocore.config import Config  # noqa: PLC0415
            from botocore.exceptions import BotoCoreError  # noqa: PLC0415
        except ImportError as error:
            raise library_missing(self.address, EXTRA) from error
        retries: Any = {"total_max_attempts": 4, "mode": "standard"}
        try:
            return boto3.client(
                "s3", config=Config(connect_timeout=5, read_timeout=30, retries=retries)
            )
        except (BotoCoreError, ValueError) as error:
            # A profile that is not there, or an endpoint that is no address; its text may hold it.
            raise connection_failure(self.address, type(error).__name__) from None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        _ = self._client  # says what is missing, before anything of it is imported
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            yield
        except ClientError as error:
            told = error.response.get("Error", {})
            code, message = str(told.get("Code", "")), str(told.get("Message", ""))
            raise failure(self.address, code, message) from None
        except BotoCoreError as error:
            # Only the kind is told: the text may hold an address, or what a program printed.
            raise connection_failure(self.address, type(error).__name__) from None


_: type[Objects] = S3Objects


def failure(address: str, code: str, message: str) -> Exception:
    """What an answer of the service with that *code* means: a CloudError, or one of ours."""
    if code in CHANGED:
        return ChangedError()
    if code in ABSENT:
        return AbsentError()
    detail = f"{code}: {message}"
    if code == "NoSuchBucket":
        return refused(NotFound, address, detail)
    if code in DENIED:
        return refused(AccessDenied, address, detail)
    return refused(RateLimited if code in THROTTLED else Unavailable, address, detail)


def connection_failure(address: str, kind: str) -> CloudError:
    """What it means that there is no answer, by the *kind* of the SDK's error."""
    return refused(AccessDenied if kind in NO_CREDENTIALS else Unavailable, address, kind)
