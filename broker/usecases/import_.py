"""`broker import`: record clusters that the clouds have already, found by their names and tags."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, Interrupted, PartlyApplied, UsageInvalid
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName
from broker.domain.members import Member
from broker.domain.wording import many
from broker.planning.addresses import guess
from broker.planning.blocks import pending_imports
from broker.planning.desired import desired_document
from broker.planning.lifetime import check_alive, lifetime_of
from broker.planning.member_documents import member_document
from broker.planning.parts import Part, between
from broker.ports.provisioning import Adoption
from broker.ports.state import State
from broker.spec.load import states
from broker.usecases.decision import Decision, Wanted, asked, check_allowed, decide
from broker.usecases.operation import Means, Operation, operation
from broker.usecases.previews import check_ready
from broker.usecases.proposal import members_of
from broker.usecases.question import Surroundings
from broker.usecases.recorded import check_fleet, recorded_state


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What was asked for: the planned *clusters*, by name or address; none means all of them.

    *command* is what to type to go on after a failure.
    """

    fleet: Path
    clusters: tuple[str, ...] = ()
    allow_unplaced: bool = False
    command: str = "broker import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of it: *adoptions* of those that were looked for; *known* were recorded already."""

    adoptions: Mapping[ClusterName, Adoption]
    known: tuple[ClusterName, ...]
    state: State
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def recorded(self) -> tuple[ClusterName, ...]:
        """Those that are recorded and were not before."""
        return tuple(record.name for record in self.state.members if record.name in self.adoptions)


def import_members(request: ImportRequest, around: Surroundings, means: Means) -> Imported:
    """Decide the fleet, and record what the clouds have of each of its clusters; changes no cloud.

    A cluster of which something is missing, or differs, is recorded as tainted: apply completes it. One
    of which nothing is there is not recorded. Raises what `decide` raises; UsageInvalid for a cluster
    that is not planned; NotOurs for one that is another's, and what clouds raise, after the others were
    looked for: PartlyApplied if any of them was found. PlanStale where the fleet has come to its end.
    Locked, EngineMissing, Interrupted.
    """
    with operation("import", means) as op:
        # The next reap would take away what is recorded now.
        check_alive(lifetime_of(op.state, None), means.clock.now())
        wanted = Wanted(fleet=request.fleet, allow_unplaced=request.allow_unplaced)
        decision = decide(wanted, around, recorded_state(op.state))
        check_allowed(decision.denied)
        check_fleet(op.state, decision.question.spec.name)
        planned = _asked(members_of(decision, op.state, op.state.expires_at), request.clusters)
        known = tuple(record.name for record in op.state.members if record.name in planned)
        sought = {name: planned[name] for name in planned if name not in known}
        check_ready(list(sought.values()), means.provisioner)
        looking = _Looking(op, decision)
        _each(looking, sought)
        _check_whole(looking, request)
        return Imported(
            adoptions=dict(sorted(looking.adoptions.items())),
            known=known,
            state=op.state,
            warnings=decision.warnings,
        )


def import_stated(
    wanted: Wanted, around: Surroundings, op: Operation, command: str
) -> Imported | None:
    """Look for the clusters that the spec says are there already, before anything is decided.

    None where it names none that is not recorded. Raises what `import_members` raises, and UsageInvalid
    where nothing of one is found: it would be made in its place.
    """
    if wanted.target or wanted.exclude or not states(wanted.fleet, "import"):
        return None
    recorded = recorded_state(op.state)
    spec = asked(wanted, around, recorded).spec
    if not pending_imports(spec.imported, recorded.made):
        return None
    decision = decide(wanted, around, recorded)
    check_allowed(decision.denied)
    check_fleet(op.state, spec.name)
    planned = members_of(decision, op.state, op.state.expires_at)
    sought = {name: planned[name] for name in decision.blocks.pending}
    check_ready(list(sought.values()), op.means.provisioner)
    looking = _Looking(op, decision)
    _each(looking, sought)
    _check_whole(looking, ImportRequest(fleet=wanted.fleet, command=command))
    made = {record.name for record in op.state.members}
    nowhere = [name for name in sorted(sought) if name not in made]
    if nowhere:
        raise UsageInvalid(*map(_nothing_found, nowhere))
    return Imported(adoptions=looking.adoptions, known=(), state=op.state)


def _nothing_found(name: ClusterName) -> Diagnostic:
    return Diagnostic(
        code="import-nothing-found",
        subject=f"cluster.{name}",
        summary=f"Nothing of cluster.{name} was found in its cloud, though it is to be imported",
        hint="Take its block out of `import` in fleet.yaml to have it made.",
    )


def _asked(
    planned: Mapping[ClusterName, Member], clusters: tuple[str, ...]
) -> dict[ClusterName, Member]:
    names = {address.removeprefix("cluster.") for address in clusters}
    unknown = sorted(names - set(planned))
    if unknown:
        raise UsageInvalid(
            *(
                Diagnostic(
                    code="address-unknown",
                    subject=name,
                    summary=f"No cluster {name} is planned",
                    detail=f"planned: {', '.join(sorted(planned)) or 'none'}",
                    hint=f"{guess(name, planned)}Import takes the clusters that `broker plan` shows.",
                )
                for name in unknown
            )
        )
    return {name: planned[name] for name in sorted(planned) if not names or name in names}


@dataclass(slots=True)
class _Looking:
    """One import under way; all but *failed* and *left* change under the operation's own lock."""

    operation: Operation
    decision: Decision
    adoptions: dict[ClusterName, Adoption] = field(default_factory=dict)
    failed: dict[ClusterName, BrokerError] = field(default_factory=dict)
    left: list[ClusterName] = field(default_factory=list)
    _whole: set[ClusterName] = field(default_factory=set)

    def attempt(self, member: Member) -> None:
        """Look for it, unless the user has asked to stop; an error of one does not end the others."""
        if self.operation.means.watch.stop.is_set():
            self.left.append(member.name)
            return
        try:
            self._look(member)
        except Interrupted:
            self.left.append(member.name)
        except BrokerError as error:
            self.failed[member.name] = error

    def _look(self, member: Member) -> None:
        op, name = self.operation, member.name
        op.intend("import", name, member=digest(member_document(member)))
        try:
            adoption = op.means.provisioner.adopt(member, watch=op.means.watch)
            held = op.means.provisioner.state(member)
        except BrokerError as error:
            op.fail("import", name, error)
            raise
        op.means.failpoint("after-call")
        if held.resources:
            spec = self.decision.question.spec
            op.take_in(
                member,
                held,
                fleet=spec.name,
                currency=spec.objective.currency,
                desired=self._desired(name) if adoption.is_complete else None,
            )
        self.adoptions[name] = adoption
        op.conclude(
            "import",
            name,
            adopted=[resource.urn for resource in adoption.adopted],
            missing=list(adoption.missing),
            differing=list(adoption.differing),
            checkpoint=held.checkpoint,
        )

    def _desired(self, name: ClusterName) -> "Desired":
        return Desired(self.decision.whole, self.decision.solution.fleet, self._whole, name)


@dataclass(frozen=True, slots=True)
class Desired:
    """The document of the fleet that is there with *name*; made while the state is being written."""

    recorded: Fleet
    target: Fleet
    there: set[ClusterName]
    name: ClusterName

    def __call__(self) -> dict[str, Any]:
        """Count *name* among those that are there."""
        self.there.add(self.name)
        part = Part(clusters=frozenset(self.there))
        return desired_document(between(self.recorded, self.target, part))


def _each(looking: _Looking, sought: Mapping[ClusterName, Member]) -> None:
    parallel = max(1, looking.operation.means.parallel)
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        for finished in [pool.submit(looking.attempt, member) for member in sought.values()]:
            finished.result()


def _check_whole(looking: _Looking, request: ImportRequest) -> None:
    """Nothing, if each was looked for; what keeps all of them from being looked for is raised as it is."""
    if not looking.failed and not looking.left:
        return
    errors = [looking.failed[name] for name in sorted(looking.failed)]
    if len(errors) == 1 and not looking.left and not looking.adoptions:
        raise errors[0]
    undone = [f"{name}: failed" for name in sorted(looking.failed)]
    undone += [f"{name}: not begun" for name in sorted(looking.left)]
    ending = Diagnostic(
        code="partly-imported",
        subject="import",
        summary=f"Looked for: {len(looking.adoptions)} of "
        f"{many(len(looking.adoptions) + len(undone), 'cluster')}; what was found is recorded",
        detail="\n".join(undone),
        hint=f"Go on with: {request.command}",
    )
    if not errors:
        raise Interrupted(ending)
    raise PartlyApplied(*(d for error in errors for d in error.diagnostics), ending)
