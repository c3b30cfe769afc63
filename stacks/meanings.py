"""What the wordings of the clouds mean: data, with where each is documented."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from broker.domain.errors import (
    AccessDenied,
    CloudError,
    InsufficientCapacity,
    NotFound,
    QuotaExceeded,
    RateLimited,
    TimedOut,
    Unavailable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a wording means: the first that fits a complaint is taken."""

    error: type[CloudError]
    code: str
    summary: str
    hint: str
    words: re.Pattern[str]


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


MEANINGS: Sequence[Meaning] = (
    Meaning(
        error=InsufficientCapacity,
        code="capacity-insufficient",
        summary="the cloud has no such machine to give now",
        hint="Plans leave it aside for a while. The command that is named last asks for it again.",
        words=_words(
            # EC2 API reference, error codes; EKS node group health issues; Capacity Blocks.
            r"Insufficient(Instance|Host|ReservedInstance|FreeAddresses|)Capacity",
            r"ReservationCapacityExceeded",
            r"UnfulfillableCapacity",
            r"do not have sufficient .{1,60} capacity",
            r"no (Spot )?capacity (is )?available",
            # Azure Resource Manager, "Resolve errors for SKU not available", "allocation failures".
            r"SkuNotAvailable",
            r"(Zonal)?AllocationFailed",
            r"Overconstrained(Zonal)?AllocationRequest",
            r"requested VM size .{1,80} not available",
            # Compute Engine, "Troubleshooting resource availability errors".
            r"ZONE_RESOURCE_POOL_EXHAUSTED",
            r"GCE_STOCKOUT",
            r"does not have enough resources available to fulfill",
        ),
    ),
    Meaning(
        error=QuotaExceeded,
        code="quota-exceeded",
        summary="the account may not have so many",
        hint="Ask the cloud for a higher quota, or state the one you have in fleet.yaml.",
        words=_words(
            # EC2 API reference, error codes; Service Quotas.
            r"VcpuLimitExceeded",
            r"(Instance|MaxSpotInstanceCount|ResourceCount|Vpc|Address|NatGateway|Resource)LimitExceeded",
            r"ServiceQuotaExceeded",
            r"MaxSpotInstanceCountExceeded",
            r"\bLimitExceeded(Exception)?\b",
            # Azure, "Resolve errors for resource quotas"; AKS, "ErrCode_InsufficientVCPUQuota".
            r"QuotaExceeded",
            r"InsufficientVCPUQuota",
            r"exceeding approved .{0,60}quota",
            # Compute Engine, "Quota errors".
            r"QUOTA_EXCEEDED",
            r"Quota '[^']+' exceeded",
        ),
    ),
    Meaning(
        error=AccessDenied,
        code="cloud-credentials-refused",
        summary="the cloud does not accept the credentials",
        hint="Log in again, then run the same command.",
        words=_words(
            r"ExpiredToken",
            r"RequestExpired",
            r"InvalidClientTokenId",
            r"AuthFailure",
            r"UnrecognizedClientException",
            r"no valid credential",
            r"InvalidAuthenticationToken",
            r"ExpiredAuthenticationToken",
            r"AADSTS\d+",
            r"StatusCode=401\b",
            r"invalid_grant",
            r"Error 401\b",
            r"could not find default credentials",
        ),
    ),
    Meaning(
        error=AccessDenied,
        code="cloud-access-denied",
        summary="the cloud does not allow this",
        hint="Add the permission that the message names, then run the same command.",
        words=_words(
            r"AccessDenied",
            r"UnauthorizedOperation",
            r"AuthorizationFailed",
            r"StatusCode=403\b",
            r"PERMISSION_DENIED",
            r"Error 403\b",
        ),
    ),
    Meaning(
        error=RateLimited,
        code="cloud-rate-limited",
        summary="the cloud was asked too often",
        hint="Run the command again in a minute.",
        words=_words(
            r"Throttl(ing|ed)",
            r"RequestLimitExceeded",
            r"TooManyRequests",
            r"rateLimitExceeded",
            r"(Error|StatusCode=) ?429\b",
            r"RESOURCE_EXHAUSTED",
        ),
    ),
    Meaning(
        error=TimedOut,
        code="cloud-timeout",
        summary="the cloud did not answer in time",
        hint="Run the command again: what was made is adopted, what was not is made.",
        words=_words(
            r"timeout while waiting",
            r"context deadline exceeded",
            r"RequestTimeout",
            r"timed out",
            r"i/o timeout",
        ),
    ),
    Meaning(
        error=Unavailable,
        code="cloud-unavailable",
        summary="the cloud can not be reached, or fails",
        hint="Run the command again later.",
        words=_words(
            r"ServiceUnavailable",
            r"Internal(Failure|ServerError|Error)\b",
            r"(Error|StatusCode=) ?50[0234]\b",
            r"connection re(fused|set)",
            r"no such host",
            r"backendError",
            r"error reading from server: EOF",
            r"transport is closing",
        ),
    ),
    Meaning(
        error=NotFound,
        code="cloud-not-found",
        summary="the cloud does not know what was named",
        hint="Run `broker refresh`, then plan again.",
        words=_words(
            r"Resource(Group)?NotFound",
            r"NoSuchEntity",
            r"\.NotFound\b",
            r"(Error|StatusCode=) ?404\b",
            r"InvalidParameterValue.{0,80}does not exist",
        ),
    ),
)
"""In the order in which they are tried, and in which they matter where several things failed."""
