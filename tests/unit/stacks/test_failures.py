"""What the engine and the clouds complain of, as the broker's errors."""

import pytest

from broker.domain.errors import (
    AccessDenied,
    BrokerError,
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
from stacks.command import CommandEnded, End
from stacks.failures import failure, pool_of
from stacks.secrets import Hidden, hidden
from stacks.steps import Complaint
from tests.fakes.small_program import small_member

MEMBER = small_member(plain=2, **{"very-plain": 1})
GENERAL = Complaint(urn="", message="update failed")


def urn(name: str) -> str:
    return f"urn:pulumi:m::research::aws:eks/nodeGroup:NodeGroup::{name}"


def failed(
    *messages: str,
    about: str = "pool-plain",
    end: End = End.FAILED,
    stderr: str = "",
    code: int = 1,
) -> BrokerError:
    complaints = [Complaint(urn=urn(about), message=message) for message in messages]
    ended = CommandEnded(end, code, "", stderr)
    return failure(MEMBER, ended, [*complaints, GENERAL], Hidden(("hunter22",)))


@pytest.mark.parametrize(
    ("message", "error", "code"),
    [
        # EC2 and EKS
        (("operation error EC2: RunInstances, api error InsufficientInstanceCapacity: We currently "
         "do not have sufficient p5.48xlarge capacity in the Availability Zone you requested"),
         InsufficientCapacity, "capacity-insufficient"),
        (("AsgInstanceLaunchFailures: Could not launch On-Demand Instances. "
         "InsufficientInstanceCapacity - We currently do not have sufficient capacity"),
         InsufficientCapacity, "capacity-insufficient"),
        (("ReservationCapacityExceeded: the requested reservation does not have sufficient "
         "compatible and available capacity"), InsufficientCapacity, "capacity-insufficient"),
        (("VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of "
         "0 allows"), QuotaExceeded, "quota-exceeded"),
        ("MaxSpotInstanceCountExceeded: Max spot instance count exceeded",
         QuotaExceeded, "quota-exceeded"),
        ("AccessDeniedException: User is not authorized to perform: eks:CreateNodegroup",
         AccessDenied, "cloud-access-denied"),
        ("UnauthorizedOperation: You are not authorized", AccessDenied, "cloud-access-denied"),
        ("ExpiredToken: The security token included in the request is expired",
         AccessDenied, "cloud-credentials-refused"),
        ("RequestLimitExceeded: Request limit exceeded.", RateLimited, "cloud-rate-limited"),
        ("ThrottlingException: Rate exceeded", RateLimited, "cloud-rate-limited"),
        ("waiting for EKS Node Group create: timeout while waiting for state to become 'ACTIVE'",
         TimedOut, "cloud-timeout"),
        ("ServiceUnavailable: try again", Unavailable, "cloud-unavailable"),
        # Azure
        (('Code="SkuNotAvailable" Message="The requested VM size Standard_ND96isr_H100_v5 is '
         "currently not available in location 'westeurope'\""),
         InsufficientCapacity, "capacity-insufficient"),
        (('Code="ZonalAllocationFailed" Message="Allocation failed. We do not have sufficient '
         'capacity for the requested VM size in this zone."'),
         InsufficientCapacity, "capacity-insufficient"),
        ('Code="OverconstrainedAllocationRequest"', InsufficientCapacity, "capacity-insufficient"),
        (('Code="QuotaExceeded" Message="Operation could not be completed as it results in '
         'exceeding approved standardNDSH100v5Family Cores quota"'),
         QuotaExceeded, "quota-exceeded"),
        ('Code="ErrCode_InsufficientVCPUQuota"', QuotaExceeded, "quota-exceeded"),
        ('StatusCode=403 Code="AuthorizationFailed"', AccessDenied, "cloud-access-denied"),
        ('Code="InvalidAuthenticationToken"', AccessDenied, "cloud-credentials-refused"),
        ("StatusCode=429 TooManyRequests", RateLimited, "cloud-rate-limited"),
        ('Code="ResourceGroupNotFound"', NotFound, "cloud-not-found"),
        # Google Cloud
        (("ZONE_RESOURCE_POOL_EXHAUSTED: The zone 'europe-west4-b' does not have enough resources "
         "available to fulfill the request"), InsufficientCapacity, "capacity-insufficient"),
        ("GCE_STOCKOUT", InsufficientCapacity, "capacity-insufficient"),
        ("googleapi: Error 403: Quota 'NVIDIA_H100_GPUS' exceeded. Limit: 0.0 in region",
         QuotaExceeded, "quota-exceeded"),
        (("googleapi: Error 403: Required 'container.clusters.create' permission, "
         "PERMISSION_DENIED"), AccessDenied, "cloud-access-denied"),
        ('oauth2: "invalid_grant"', AccessDenied, "cloud-credentials-refused"),
        ("googleapi: Error 429: Quota metric rateLimitExceeded", RateLimited, "cloud-rate-limited"),
        ("googleapi: Error 404: Not found", NotFound, "cloud-not-found"),
        ("googleapi: Error 503: backendError", Unavailable, "cloud-unavailable"),
        # The engine itself
        ("rpc error: code = Unavailable desc = error reading from server: EOF",
         Unavailable, "cloud-unavailable"),
        ("the moon is in the wrong house", EngineFailed, "engine-failed"),
    ],
)  # fmt: skip
def test_a_wording_is_an_error(message: str, error: type[BrokerError], code: str) -> None:
    told = failed(message)

    assert type(told) is error
    assert told.diagnostics[0].code == code
    assert told.diagnostics[0].detail == message
    assert told.diagnostics[0].subject == f"{MEMBER.name}/pool-plain"


def test_a_stock_out_and_a_quota_name_the_pool() -> None:
    for message in ("GCE_STOCKOUT", "QuotaExceeded"):
        told = failed(message, about="pool-very-plain")

        assert isinstance(told, InsufficientCapacity | QuotaExceeded)
        assert (told.member, told.pool) == (MEMBER.name, "very-plain")


@pytest.mark.parametrize(
    ("name", "pool"),
    [
        ("plain", "plain"),
        ("pool-plain", "plain"),
        ("template-very-plain", "very-plain"),
        ("plainer", ""),
        ("cluster", ""),
    ],
)
def test_a_resource_is_of_the_pool_whose_name_it_ends_with(name: str, pool: str) -> None:
    assert pool_of(MEMBER, urn(name)) == pool


def test_what_can_be_got_round_is_told_before_what_can_not() -> None:
    told = failed("AccessDenied: no", "something else", "GCE_STOCKOUT")

    assert isinstance(told, InsufficientCapacity)
    assert [d.detail for d in told.diagnostics] == [
        "GCE_STOCKOUT",
        "AccessDenied: no",
        "something else",
    ]


def test_an_outage_is_told_in_a_few_words() -> None:
    assert len(failed(*[f"broken {n}" for n in range(40)]).diagnostics) == 4


def test_what_else_failed_is_told_by_what_it_means_too() -> None:
    outage = "googleapi: Error 401: Request had invalid authentication credentials"

    found = failed(outage, outage, "it is Tuesday").diagnostics

    assert [each.code for each in found] == [
        "cloud-credentials-refused",
        "cloud-credentials-refused",
        "engine-failed",
    ]
    assert "Log in again" in (found[1].hint or "")


def test_secrets_are_cut_out() -> None:
    assert (
        failed("password hunter22 is wrong").diagnostics[0].detail == "password (hidden) is wrong"
    )


def test_without_a_complaint_what_the_engine_printed_is_told() -> None:
    told = failed(stderr="warning: x\nerror: no such flag --hunter22", code=7)

    assert isinstance(told, EngineFailed)
    assert told.exit_code == 7
    assert told.diagnostics[0].detail == "error: no such flag --(hidden)"


def test_how_it_was_ended_goes_before_what_it_said() -> None:
    assert isinstance(failed("GCE_STOCKOUT", end=End.INTERRUPTED), Interrupted)
    assert isinstance(failed("GCE_STOCKOUT", end=End.KILLED), Interrupted)
    assert isinstance(failed("GCE_STOCKOUT", end=End.OUT_OF_TIME), TimedOut)


def test_the_engines_lock_is_told_as_a_lock() -> None:
    assert isinstance(failed(stderr="the stack is currently locked by 1 lock(s)."), Locked)


def test_another_passphrase_is_told_as_one() -> None:
    told = failed(stderr="error: could not deserialize deployment: incorrect passphrase", code=255)

    assert isinstance(told, EngineFailed)
    assert [finding.code for finding in told.diagnostics] == ["passphrase-wrong"]
    assert "PULUMI_CONFIG_PASSPHRASE" in told.diagnostics[0].hint


def test_a_record_that_was_cut_off_is_told_as_one() -> None:
    told = failed(stderr="error: failed to load checkpoint: unexpected end of JSON input", code=255)

    assert isinstance(told, EngineFailed)
    [finding] = told.diagnostics
    assert finding.code == "stack-record-damaged"
    assert "broker apply" in finding.hint


def test_values_of_variables_that_are_called_secret_are_hidden() -> None:
    told = hidden(
        "passphrase",
        {"AWS_SECRET_ACCESS_KEY": "abcdefgh", "PATH": "/usr/bin", "API_TOKEN": "abc"},
        {"GITHUB_TOKEN": "abcdefghijk"},
    )

    assert told.without("x passphrase abcdefghijk abcdefgh abc /usr/bin") == (
        "x (hidden) (hidden) (hidden) abc /usr/bin"
    )
