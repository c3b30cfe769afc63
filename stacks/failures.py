"""What the engine and the clouds behind it complain of, as the broker's own errors. Pure."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import (
    BrokerError,
    CloudError,
    EngineFailed,
    InsufficientCapacity,
    Interrupted,
    Locked,
    QuotaExceeded,
    TimedOut,
)
from broker.domain.members import Member
from stacks.command import CommandEnded, End
from stacks.meanings import MEANINGS, Meaning
from stacks.records import name_in
from stacks.secrets import Hidden
from stacks.steps import Complaint

LOCKED = "the stack is currently locked by"
ENCRYPTED_OTHERWISE = "incorrect passphrase"
"""How the engine says that the secrets of a record were encrypted with another one."""
DAMAGED = "failed to load checkpoint"
"""How it says that a record can not be read: a full disk may have left nothing of it."""

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
    meaning: Meaning,
    complaint: Complaint,
    others: Sequence[Complaint],
    hidden: Hidden,
) -> BrokerError:
    first = _explained(member, meaning, complaint, hidden)
    rest = [_complaint(member, other, hidden) for other in others[: MOST_SHOWN - 1]]
    told: Mapping[type[CloudError], Callable[..., BrokerError]] = {
        kind: partial(kind, member=str(member.name), pool=pool_of(member, complaint.urn))
        for kind in (InsufficientCapacity, QuotaExceeded)
    }
    return told.get(meaning.error, meaning.error)(first, *rest)


def _unknown(
    member: Member, ended: CommandEnded, complaints: Sequence[Complaint], hidden: Hidden
) -> BrokerError:
    spoken = [ended.stderr, ended.stdout, *(each.message for each in complaints if not each.urn)]
    if any(ENCRYPTED_OTHERWISE in each for each in spoken):
        return EngineFailed(_encrypted_otherwise(member), exit_code=ended.code)
    if any(DAMAGED in each for each in spoken):
        return EngineFailed(_damaged(member), exit_code=ended.code)
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


def _explained(
    member: Member, meaning: Meaning, complaint: Complaint, hidden: Hidden
) -> Diagnostic:
    name = name_in(complaint.urn) or "?"
    return Diagnostic(
        code=meaning.code,
        subject=f"{member.name}/{name}",
        summary=f"{member.name}: {name} was not made: {meaning.summary}",
        detail=hidden.without(complaint.message),
        hint=meaning.hint,
    )


def _complaint(member: Member, complaint: Complaint, hidden: Hidden) -> Diagnostic:
    meaning = next((each for each in MEANINGS if each.words.search(complaint.message)), None)
    if meaning:
        return _explained(member, meaning, complaint, hidden)
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


def _encrypted_otherwise(member: Member) -> Diagnostic:
    return Diagnostic(
        code="passphrase-wrong",
        subject=str(member.name),
        summary=f"{member.name}: the engine's record can not be read: it was encrypted with another passphrase",
        detail="Each user has one, in `${XDG_CONFIG_HOME:-~/.config}/broker/passphrase`, unless "
        "PULUMI_CONFIG_PASSPHRASE is set.",
        hint="Set PULUMI_CONFIG_PASSPHRASE to the one of the user who made the cluster, or copy that file.",
    )


def _damaged(member: Member) -> Diagnostic:
    return Diagnostic(
        code="stack-record-damaged",
        subject=f"cluster.{member.name}",
        summary=f"{member.name}: the engine's record of it can not be read",
        detail="A full disk may have cut it off. What was made is in the cloud, and nothing was done to it.",
        hint="`broker apply` puts back its last whole copy, and looks for the rest in the cloud. Records that "
        "are not in files are yours to put back.",
    )


def _locked(member: Member) -> Diagnostic:
    return Diagnostic(
        code="engine-locked",
        subject=str(member.name),
        summary=f"{member.name}: another run of the engine holds the stack",
        hint="Wait for it to end. The lock of a run that was killed is freed by the next apply.",
    )
