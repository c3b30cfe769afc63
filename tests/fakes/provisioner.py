"""A provisioner in memory, over a cloud in memory: a network, a cluster and pools per member."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as with_changes
from threading import RLock, Semaphore
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import (
    BrokerError,
    EngineFailed,
    InsufficientCapacity,
    Interrupted,
    NotOurs,
    PlanStale,
    QuotaExceeded,
    Unavailable,
)
from broker.domain.ids import ClusterName
from broker.domain.members import (
    Member,
    MemberPool,
    ResourceStep,
    StackPreview,
    StackResource,
    StackState,
    StepOp,
)
from broker.ports.provisioning import (
    Adoption,
    PoolChoice,
    Provisioner,
    Recovery,
    StepEvent,
    Watch,
)

UNWATCHED = Watch()
FORCING = {"name", "instanceTypes", "capacityType"}
KNOWN_AFTER = "(known after apply)"
NETWORK, CLUSTER, POOL = "aws:ec2/vpc:Vpc", "aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup"


@dataclass(frozen=True, kw_only=True)
class Thing:
    """What a member wants, or has: *id* is the cloud's, *mark* the member that it is marked with."""

    name: str
    type: str
    inputs: dict[str, Any]
    id: str = ""
    mark: str = ""


@dataclass(kw_only=True)
class FakeProvisioner:
    """Makes members of nothing, one step after the other.

    *crashes* names what the process "dies" after making it, before it is recorded: Crash is raised,
    and `recover` finds it. The clouds of members *unreachable* answer nothing. *sizes* are the nodes of
    pools by name, as its records tell them. *refused* says why members can not be made any more.
    """

    findings: Sequence[Diagnostic] = ()
    refused: dict[str, Sequence[Diagnostic]] = field(default_factory=dict)
    crashes: set[str] = field(default_factory=set)
    unreachable: set[str] = field(default_factory=set)
    calls: list[tuple[str, str]] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    _records: dict[str, dict[str, Thing]] = field(default_factory=dict)
    _pending: dict[str, list[Thing]] = field(default_factory=dict)
    _cloud: dict[str, Thing] = field(default_factory=dict)
    _refusals: dict[str, str] = field(default_factory=dict)
    _slow: dict[str, tuple[float, Semaphore]] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)
    _made: int = 0

    @property
    def name(self) -> str:
        return "fake"

    def names(self) -> list[str]:
        """What is in the cloud."""
        return sorted(thing.name for thing in self._cloud.values())

    def refuse(self, name: str, message: str) -> None:
        """Let making it fail with *message*; empty to let it succeed again."""
        self._refusals[name] = message

    def lose(self, name: str) -> None:
        """Delete it behind the record's back."""
        for key, thing in list(self._cloud.items()):
            if thing.name == name:
                del self._cloud[key]

    def rename(self, member: str) -> None:
        """Let its cluster have been made under another name, which no cloud can change."""
        record = self._records[member]
        cluster = record["cluster"]
        record["cluster"] = with_changes(cluster, inputs={**cluster.inputs, "name": "before"})

    def forget(self) -> None:
        """Lose every record; the cloud has what it has."""
        self._records.clear()
        self._pending.clear()

    def mark(self, name: str, member: str) -> None:
        """Mark it as that member's behind everybody's back."""
        for key, thing in self._cloud.items():
            if thing.name == name:
                self._cloud[key] = with_changes(thing, mark=member)

    def slow(self, name: str, seconds: float) -> Semaphore:
        """Let making it wait for a stop, that long at most; the semaphore tells that it began."""
        begun = Semaphore(0)
        self._slow[name] = (seconds, begun)
        return begun

    def readiness(
        self, members: Sequence[Member], *, there: Sequence[Member] = ()
    ) -> Sequence[Diagnostic]:
        refused = [finding for member in members for finding in self.refused.get(member.name, ())]
        return [*self.findings, *refused]

    def known(self, fleet: str) -> Sequence[ClusterName]:
        return [ClusterName(name) for name in sorted(self._records) if self._records[name]]

    def preview(
        self,
        member: Member,
        *,
        replace: Collection[str] = (),
        choice: PoolChoice | None = None,
        watch: Watch = UNWATCHED,
    ) -> StackPreview:
        self.calls.append(("preview", member.name))
        self._reach(member)
        record = self._records.get(member.name, {})
        steps = tuple(sorted(_chosen(_steps(member, record, replace), choice)))
        touched = {step.name for step in steps}
        unchanged = sum(name not in touched for name in record)
        return StackPreview(
            member=member.name,
            steps=steps,
            unchanged=unchanged,
            checkpoint=_digest(record, self.sizes),
        )

    def up(
        self,
        member: Member,
        *,
        approved: StackPreview | None = None,
        replace: Collection[str] = (),
        choice: PoolChoice | None = None,
        watch: Watch = UNWATCHED,
    ) -> StackState:
        preview = self.preview(member, replace=replace, choice=choice)
        self.calls.append(("up", member.name))
        if approved is not None:
            _require(preview, approved)
        order = {step.name: step for step in preview.steps}
        for thing in _wanted(member):
            step = order.pop(thing.name, None)
            if step is not None:
                self._do(member, thing, step, watch)
        for step in order.values():
            self._delete(member, step, watch)
        return self.state(member)

    def down(self, member: Member, *, watch: Watch = UNWATCHED) -> StackState:
        self.calls.append(("down", member.name))
        self._reach(member)
        for name, thing in reversed(list(self._records.get(member.name, {}).items())):
            self._delete(member, _step(member, thing, StepOp.DELETE, name=name), watch)
        self._records.pop(member.name, None)
        return self.state(member)

    def drift(self, member: Member, *, watch: Watch = UNWATCHED) -> StackPreview:
        record = self._records.get(member.name, {})
        gone = [thing for thing in record.values() if thing.id not in self._cloud]
        return StackPreview(
            member=member.name,
            steps=tuple(sorted(_step(member, thing, StepOp.DELETE) for thing in gone)),
            unchanged=len(record) - len(gone),
            checkpoint=_digest(record, self.sizes),
        )

    def refresh(self, member: Member, *, watch: Watch = UNWATCHED) -> StackState:
        self._reach(member)
        record = self._records.get(member.name, {})
        for name in [name for name, thing in record.items() if thing.id not in self._cloud]:
            del record[name]
        return self.state(member)

    def recover(self, member: Member, *, watch: Watch = UNWATCHED) -> Recovery:
        self.calls.append(("recover", member.name))
        self._reach(member)
        pending = self._pending.pop(member.name, [])
        for thing in pending:
            self._records.setdefault(member.name, {})[thing.name] = thing
        adopted = tuple(sorted(_resource(member, thing) for thing in pending))
        return Recovery(freed_lock=bool(pending), adopted=adopted)

    def adopt(self, member: Member, *, watch: Watch = UNWATCHED) -> Adoption:
        self.calls.append(("adopt", member.name))
        _go_on(member, watch)
        record = self._records.get(member.name, {})
        there = {
            thing.name: thing
            for wanted in _wanted(member)
            for thing in self._cloud.values()
            if thing.name == wanted.name and self._is_named_after(member, thing)
        }
        foreign = [name for name, thing in there.items() if thing.mark != member.name]
        if foreign:
            raise NotOurs(*(_not_ours(member, name) for name in foreign))
        found = {name: there[name] for name in there if name not in record}
        if found:
            self._records[member.name] = {**record, **found}
        steps = self.preview(member).steps
        return Adoption(
            adopted=tuple(sorted(_resource(member, thing) for thing in found.values())),
            missing=tuple(s.name for s in steps if s.op is StepOp.CREATE),
            differing=tuple(s.name for s in steps if s.op is not StepOp.CREATE),
        )

    def _is_named_after(self, member: Member, thing: Thing) -> bool:
        """Whether it has the name that one of the member's would have: names tell members apart."""
        return thing.id.startswith(f"{member.name}/")

    def state(self, member: Member, *, watch: Watch = UNWATCHED) -> StackState:
        record = self._records.get(member.name, {})
        sizes = {"sizes": dict(self.sizes)} if self.sizes else {}
        return StackState(
            member=member.name,
            resources=tuple(sorted(_resource(member, thing) for thing in record.values())),
            outputs={"cluster": str(member.name), **sizes} if record else {},
            checkpoint=_digest(record, self.sizes),
        )

    def _reach(self, member: Member) -> None:
        if member.name in self.unreachable:
            raise Unavailable(
                Diagnostic(
                    code="cloud-unavailable",
                    subject=str(member.name),
                    summary=f"{member.name}: the cloud can not be reached",
                )
            )

    def _do(self, member: Member, thing: Thing, step: ResourceStep, watch: Watch) -> None:
        _go_on(member, watch)
        watch.heard(StepEvent(member=member.name, step=step, state="started"))
        refusal = self._refusals.get(thing.name, "")
        if refusal:
            watch.heard(StepEvent(member=member.name, step=step, state="failed", message=refusal))
            raise _refused(member, thing.name, refusal)
        record = self._records.setdefault(member.name, {})
        old = record.get(thing.name)
        kept = old.id if old and step.op is StepOp.UPDATE else ""
        made = self._made_of(member, thing, kept)
        if old is not None and old.id != made.id:
            self._cloud.pop(old.id, None)
        if thing.name in self.crashes:
            self._pending.setdefault(member.name, []).append(made)
            raise Crash(thing.name)
        record[thing.name] = made
        watch.heard(StepEvent(member=member.name, step=step, state="done"))
        if thing.name in self._slow:
            seconds, begun = self._slow[thing.name]
            begun.release()
            watch.stop.wait(seconds)
            _go_on(member, watch)

    def _made_of(self, member: Member, thing: Thing, key: str) -> Thing:
        with self._lock:
            self._made += 1
            key = key or f"{member.name}/{thing.name}-{self._made:04d}"
            made = with_changes(thing, id=key, mark=str(member.name))
            self._cloud[key] = made
        return made

    def _delete(self, member: Member, step: ResourceStep, watch: Watch) -> None:
        _go_on(member, watch)
        watch.heard(StepEvent(member=member.name, step=step, state="started"))
        thing = self._records[member.name].pop(step.name)
        self._cloud.pop(thing.id, None)
        watch.heard(StepEvent(member=member.name, step=step, state="done"))


class Crash(BaseException):
    """Stands for the end of the process; nothing catches it but the test."""


def _wanted(member: Member) -> Iterator[Thing]:
    yield Thing(name="network", type=NETWORK, inputs={"cidrBlock": member.address_block})
    yield Thing(
        name="cluster",
        type=CLUSTER,
        inputs={
            "name": str(member.name),
            "deletionProtection": member.is_protected,
            "vpcConfig": {"subnetIds": [KNOWN_AFTER]},
        },
    )
    for pool in member.pools:
        yield Thing(name=str(pool.name), type=POOL, inputs=_pool(pool))


def _pool(pool: MemberPool) -> dict[str, Any]:
    return {
        "instanceTypes": [str(pool.machine_type)],
        "capacityType": str(pool.capacity_type),
        "scalingConfig": {
            "desiredSize": pool.nodes,
            "minSize": pool.min_nodes,
            "maxSize": pool.max_nodes,
        },
    }


def _steps(
    member: Member, record: Mapping[str, Thing], replace: Collection[str]
) -> Iterator[ResourceStep]:
    wanted = {thing.name: thing for thing in _wanted(member)}
    for name, thing in wanted.items():
        old = record.get(name)
        if old is None:
            yield _step(member, thing, StepOp.CREATE, changed=thing.inputs)
            continue
        changed = [key for key in thing.inputs if thing.inputs[key] != old.inputs.get(key)]
        if FORCING & set(changed) or _urn(member, thing) in replace:
            yield _step(member, thing, StepOp.REPLACE, changed=changed, old=old)
        elif changed:
            yield _step(member, thing, StepOp.UPDATE, changed=changed, old=old)
    for name, thing in record.items():
        if name not in wanted:
            yield _step(member, thing, StepOp.DELETE)


def _chosen(steps: Iterable[ResourceStep], choice: PoolChoice | None) -> Iterator[ResourceStep]:
    """Those of chosen pools, and of what pools need and is missing."""
    for step in steps:
        is_of_one = choice is None or step.name in choice.pools
        is_needed = step.type != POOL and step.op is StepOp.CREATE
        if choice is not None and choice.is_rest:
            if not is_of_one:
                yield step
        elif is_of_one or is_needed:
            yield step


def _step(
    member: Member,
    thing: Thing,
    op: StepOp,
    *,
    name: str = "",
    changed: Collection[str] = (),
    old: Thing | None = None,
) -> ResourceStep:
    return ResourceStep(
        name=name or thing.name,
        type=thing.type,
        op=op,
        urn=_urn(member, thing),
        changed=tuple(sorted(changed)),
        forcing=tuple(sorted(FORCING & set(changed))) if op is StepOp.REPLACE else (),
        before={key: old.inputs[key] for key in changed} if old else {},
        after={key: thing.inputs[key] for key in changed},
    )


def _urn(member: Member, thing: Thing) -> str:
    return f"urn:pulumi:{member.name}::{member.fleet}::{thing.type}::{thing.name}"


def _resource(member: Member, thing: Thing) -> StackResource:
    return StackResource(urn=_urn(member, thing), type=thing.type, name=thing.name, id=thing.id)


def _digest(record: Mapping[str, Thing], sizes: Mapping[str, int]) -> str | None:
    if not record:
        return None
    held = {name: [t.id, t.inputs, sizes.get(name)] for name, t in record.items()}
    text = json.dumps(held, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _go_on(member: Member, watch: Watch) -> None:
    if watch.stop.is_set():
        raise Interrupted(
            Diagnostic(code="interrupted", subject=str(member.name), summary="stopped")
        )


def _require(fresh: StackPreview, approved: StackPreview) -> None:
    allowed = {_told(step) for step in approved.steps}
    extra = [step.name for step in fresh.steps if _told(step) not in allowed]
    if fresh.checkpoint != approved.checkpoint or extra:
        raise PlanStale(
            Diagnostic(
                code="plan-stale",
                subject=str(fresh.member),
                summary="it has changed since",
                detail=", ".join(extra),
            )
        )


def _told(step: ResourceStep) -> tuple[Any, ...]:
    values = json.dumps(dict(step.after), sort_keys=True)
    return (step.name, step.type, step.op, step.changed, step.forcing, values)


def _not_ours(member: Member, name: str) -> Diagnostic:
    return Diagnostic(
        code="resource-not-ours", subject=f"{member.name}/{name}", summary=f"{name} is another's"
    )


def _refused(member: Member, name: str, message: str) -> BrokerError:
    is_stock_out = "InsufficientInstanceCapacity" in message
    is_quota = "LimitExceeded" in message
    known = "capacity-insufficient" if is_stock_out else "quota-exceeded"
    finding = Diagnostic(
        code=known if is_stock_out or is_quota else "engine-failed",
        subject=f"{member.name}/{name}",
        summary=f"{name} was not made",
        detail=message,
    )
    if is_stock_out:
        return InsufficientCapacity(finding, member=str(member.name), pool=name)
    if is_quota:
        return QuotaExceeded(finding, member=str(member.name), pool=name)
    return EngineFailed(finding, exit_code=1)


_: type[Provisioner] = FakeProvisioner
