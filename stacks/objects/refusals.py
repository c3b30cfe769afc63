"""What all places for shared objects say when they can not be had."""

from collections.abc import Mapping
from types import MappingProxyType

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import AccessDenied, CloudError, NotFound, UsageInvalid

HINTS: Mapping[str, str] = MappingProxyType({
    "s3": "Look at the name of the bucket, at the credentials, and at AWS_REGION.",
    "azblob": "Look at the name of the container, at AZURE_STORAGE_ACCOUNT, and at the credentials.",
    "gs": "Look at the name of the bucket, and at the credentials (GOOGLE_APPLICATION_CREDENTIALS).",
})  # fmt: skip


class ChangedError(Exception):
    """The condition of a write did not hold."""


class AbsentError(Exception):
    """There is no such object."""


def parts_of(address: str, kind: str) -> tuple[str, str]:
    """Bucket and prefix of *address*, the prefix with a slash at its end or empty.

    Raises UsageInvalid if it is none of that *kind*.
    """
    scheme = f"{kind}://"
    bucket, _, prefix = address.removeprefix(scheme).partition("/")
    if not address.startswith(scheme) or not bucket:
        raise UsageInvalid(
            Diagnostic(
                code="state-address-wrong",
                subject=address,
                summary=f"{address} is no address of a bucket",
                hint=f"Write it as {scheme}BUCKET or {scheme}BUCKET/PREFIX.",
            )
        )
    return bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""


def refused(kind: type[CloudError], address: str, detail: str) -> CloudError:
    """That the place at *address* can not be had; *detail* holds nothing secret."""
    return kind(_diagnostic(kind, address, detail))


def library_missing(address: str, extra: str) -> UsageInvalid:
    """What has to be installed to reach *address*."""
    return UsageInvalid(
        Diagnostic(
            code="library-missing",
            subject=address,
            summary="To keep the state in a bucket, a library is missing",
            hint=f'`pip install "gpu-broker[{extra}]"` has it.',
        )
    )


def _diagnostic(kind: type[CloudError], address: str, detail: str) -> Diagnostic:
    summary = f"What is kept in {address} can not be had"
    hint = HINTS[address.partition("://")[0]]
    if kind is NotFound:
        return Diagnostic(
            code="bucket-missing", subject=address, summary=summary, detail=detail, hint=hint
        )
    if kind is AccessDenied:
        return Diagnostic(
            code="bucket-denied", subject=address, summary=summary, detail=detail, hint=hint
        )
    return Diagnostic(
        code="bucket-unreachable", subject=address, summary=summary, detail=detail, hint=hint
    )
