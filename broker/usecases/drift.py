"""`broker drift`: what the clouds have that is not as recorded."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.ids import ClusterName
from broker.domain.members import Member, StackPreview
from broker.planning.addresses import guess
from broker.planning.drift import Drifted, drifted, undone
from broker.planning.member_documents import member_of
from broker.ports.state import State
from broker.usecases.mend import mend, raise_aside, reread, take_note
from broker.usecases.operation import Means, operation
from broker.usecases.previews import check_kept, check_ready


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFound:
    """What drifted from *state*, and the members that were half changed when somebody left."""

    state: State
    drifted: Drifted
    tainted: tuple[ClusterName, ...]

    @property
    def has_drifted(self) -> bool:
        """Whether there is anything that `broker apply` would set right."""
        return bool(self.drifted.shown or self.tainted)


def drift(means: Means, *, clusters: Collection[str] = ()) -> DriftFound:
    """Ask the clouds about every recorded member, or *clusters* alone; changes nothing, takes no lock.

    Raises UsageInvalid for a cluster that is not recorded, StateConflict where the engine has lost its
    record of one, EngineMissing, and what the clouds raise.
    """
    state = means.states.read()
    if state is None:
        raise UsageInvalid(
            Diagnostic(
                code="nothing-applied",
                subject="state",
                summary="Nothing is recorded in this folder: nothing was applied yet",
                hint="`broker plan` decides a fleet, `broker apply` makes it true.",
            )
        )
    known = {record.name: member_of(record.member) for record in state.members}
    accepted = {r.name: r.checkpoint for r in state.members if not r.is_tainted}
    asked = _asked(known, clusters)
    check_ready([], means.provisioner, there=asked)
    with ThreadPoolExecutor(max_workers=max(1, means.parallel)) as pool:
        answers = [pool.submit(_drift, m, accepted, means) for m in asked]
        try:
            found = [answer.result() for answer in answers]
        except KeyboardInterrupt:
            means.watch.stop.set()  # the engine is waited for below; let it end
            raise
    check_kept({preview.member: preview.checkpoint for preview in found}, state)
    return DriftFound(
        state=state,
        drifted=drifted(found),
        tainted=tuple(record.name for record in state.members if record.is_tainted),
    )


def _asked(known: dict[ClusterName, Member], clusters: Collection[str]) -> list[Member]:
    names = {address.removeprefix("cluster.") for address in clusters}
    unknown = sorted(names - set(known))
    if unknown:
        raise UsageInvalid(
            *(
                Diagnostic(
                    code="address-unknown",
                    subject=name,
                    summary=f"No cluster {name} is recorded",
                    hint=f"{guess(name, known)}`broker state list` shows what is.",
                )
                for name in unknown
            )
        )
    return [known[name] for name in sorted(known) if not names or name in names]


def _drift(
    member: Member, accepted: Mapping[ClusterName, str | None], means: Means
) -> StackPreview:
    """From what was *accepted* as the member's record to what the cloud has.

    What an apply that was called off has read into the record is found by what would set it right. Of a
    member that is half made, that is what was never made, and no drift.
    """
    found = means.provisioner.drift(member, watch=means.watch)
    if member.name not in accepted or found.checkpoint in (None, accepted[member.name]):
        return found
    mending = means.provisioner.preview(member, watch=means.watch)
    known = {step.urn for step in found.steps}
    missed = [undone(step) for step in mending.steps if step.urn not in known]
    return replace(found, steps=tuple(sorted((*found.steps, *missed))))


def accept_drift(means: Means, agree: Callable[[DriftFound], bool]) -> bool:
    """Put into the record what the clouds have, if the user agrees; false if not.

    The next plan shows what would set it right. Raises what `drift` raises, and Locked.
    """
    with operation("refresh-only", means) as op:
        raise_aside(mend(op).aside)
        if not agree(drift(means)):
            return False
        op.intend("refresh-only", "state")
        read = reread(op, but={})
        raise_aside(read.aside)
        take_note(op, read.moved)
        op.conclude("refresh-only", "state", serial=op.state.serial)
        return True
