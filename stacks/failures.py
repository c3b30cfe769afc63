"""What the engine and the clouds behind it complain of, as the broker's own errors. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import (
    AccessDenied,
    BrokerError,
    CloudError,
    EngineFailed,
    InsufficientCapacity,
    Interrupted,
    Locked,
    NotFound,
    QuotaExceeded,
    RateLimited,
    TimedOut,
    Unavailable,
)
from broker.domain.members import Member
from stacks.command import CommandEnded, End
from stacks.records import name_in
from stacks.secrets import Hidden
from stacks.steps import Complaint


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """What a wording means: the first that fits a complaint is taken."""

    error: type[CloudError]
    code: str
    summary: str
    hint: str
    words: re.Pattern[str]


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


MEANINGS: Sequence[_Meaning] = (
    _Meaning(
        error=InsufficientCapacity,
        code="capacity-insufficient",
        summary="the cloud has no such machine to give now",
        hint="Run the command again: the next plan leaves the offer out. Or wait.",
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
    _Meaning(
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
    _Meaning(
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
    _Meaning(
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
    _Meaning(
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
    _Meaning(
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
    _Meaning(
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
    _Meaning(
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

LOCKED = "the stack is currently locked by"
MOST_SHOWN = 4
"""How many complaints an error carries; one outage makes dozens that say the same."""


def failure(
    member: Member, ended: CommandEnded, complaints: Sequence[Complaint], hidden: Hidden
) -> BrokerError:
    """Return what *ended* means for *member*, with the words of the clouds and without secrets."""
    if ended.end in {End.INTERRUPTED, End.KILLED}:
        return Interrupted(_interrupted(member, ended.end))
    if ended.end is End.OUT_OF_TIME:
        return TimedOut(_out_of_time(member))
    if LOCKED in ended.stderr:
        return Locked(_locked(member))
    real = [c for c in complaints if c.urn] or [c for c in complaints if not _is_general(c)]
    known = [(meaning, c) for meaning in MEANINGS for c in real if meaning.words.search(c.message)]
    if known:
        return _known(member, *known[0], [c for c in real if c is not known[0][1]], hidden)
    return _unknown(member, ended, real, hidden)


def _known(
    member: Member,
    meaning: _Meaning,
    complaint: Complaint,
    others: Sequence[Complaint],
    hidden: Hidden,
) -> BrokerError:
    name = name_in(complaint.urn) or "?"
    first = Diagnostic(
        code=meaning.code,
        subject=f"{member.name}/{name}",
        summary=f"{member.name}: {name} was not made: {meaning.summary}",
        detail=hidden.without(complaint.message),
        hint=meaning.hint,
    )
    rest = [_complaint(member, other, hidden) for other in others[: MOST_SHOWN - 1]]
    told: Mapping[type[CloudError], Callable[..., BrokerError]] = {
        kind: partial(kind, member=str(member.name), pool=pool_of(member, complaint.urn))
        for kind in (InsufficientCapacity, QuotaExceeded)
    }
    return told.get(meaning.error, meaning.error)(first, *rest)


def _unknown(
    member: Member, ended: CommandEnded, complaints: Sequence[Complaint], hidden: Hidden
) -> BrokerError:
    if complaints:
        found = [_complaint(member, each, hidden) for each in complaints[:MOST_SHOWN]]
        return EngineFailed(*found, exit_code=ended.code)
    said = [line for line in f"{ended.stderr}\n{ended.stdout}".splitlines() if line.strip()]
    errors = [line for line in said if "error" in line.lower()] or said
    return EngineFailed(
        Diagnostic(
            code="engine-failed",
            subject=str(member.name),
            summary=f"{member.name}: the engine failed with exit code {ended.code}",
            detail=hidden.without("\n".join(errors[:MOST_SHOWN])),
            hint="What was done before is recorded. Run the command again.",
        ),
        exit_code=ended.code,
    )


def _complaint(member: Member, complaint: Complaint, hidden: Hidden) -> Diagnostic:
    name = name_in(complaint.urn)
    return Diagnostic(
        code="engine-failed",
        subject=f"{member.name}/{name}" if name else str(member.name),
        summary=f"{member.name}: {name or 'the engine'} failed",
        detail=hidden.without(complaint.message),
        hint="What was done before is recorded. Run the command again.",
    )


def _is_general(complaint: Complaint) -> bool:
    # Said at the end of each failed run, beside the reason.
    return complaint.message in {
        "update failed",
        "preview failed",
        "destroy failed",
        "refresh failed",
    }


def pool_of(member: Member, urn: str) -> str:
    """Name the pool of *member* that a resource belongs to: its name is the pool's, or ends with it."""
    name = name_in(urn)
    names = sorted((str(pool.name) for pool in member.pools), key=len, reverse=True)
    return next((pool for pool in names if name == pool or name.endswith(f"-{pool}")), "")


def _interrupted(member: Member, end: End) -> Diagnostic:
    gently = "what was under way is finished and recorded"
    at_once = "the engine was ended at once; its record is mended by the next run"
    return Diagnostic(
        code="interrupted",
        subject=str(member.name),
        summary=f"{member.name}: stopped; {gently if end is End.INTERRUPTED else at_once}",
        hint="Run the same command to go on.",
    )


def _out_of_time(member: Member) -> Diagnostic:
    return Diagnostic(
        code="engine-timeout",
        subject=str(member.name),
        summary=f"{member.name}: the engine did not end in time and was ended",
        hint="What was made is adopted by the next run. Run the same command to go on.",
    )


def _locked(member: Member) -> Diagnostic:
    return Diagnostic(
        code="engine-locked",
        subject=str(member.name),
        summary=f"{member.name}: another run of the engine holds the stack",
        hint="Wait for it to end. The lock of a run that was killed is freed by the next apply.",
    )
