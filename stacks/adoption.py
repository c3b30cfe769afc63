"""Puts into the record of a member what its cloud has of it already; changes nothing in the cloud."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import NotOurs
from broker.domain.members import ResourceStep, StepOp
from broker.ports.provisioning import Adoption, StepEvent
from stacks import adoption_rules as rules
from stacks import records
from stacks.command import CommandEnded, End
from stacks.failures import failure
from stacks.goals import Goal, bookkeeping, goals_of, in_order, linked
from stacks.member_runs import MemberRuns
from stacks.one_stack import OneStack
from stacks.records import Document
from stacks.recovery import Lookup
from stacks.recovery_rules import facts
from stacks.steps import Complaint

PLAN = "wanted.json"

MOST_IDS = 4
"""So many are asked for one resource: where the engine makes a name up, each look would have another."""


def adopt(runs: MemberRuns, lookup: Lookup, document: Document | None) -> Adoption:
    """Look in the cloud for all that the program wants and *document*, the record, does not have.

    The engine says what is wanted, and reads what is there, in a record of its own; the real one is
    replaced once, when all is known. What a resource is made from may be known only once another is
    found, so this is done again until nothing more is. May be killed at any point, and is then run
    again. Raises NotOurs, with nothing recorded, if something that is found is another's.
    """
    with runs.stack.elsewhere(keeps_secrets=True) as scratch, TemporaryDirectory() as work:
        runs.briefly(scratch.create)
        if document is not None:
            runs.briefly(lambda bounds: scratch.put(bounds, document))
        search = _Search(runs, scratch, lookup, _exported(runs, scratch), Path(work) / PLAN)
        while search.look():
            pass
        if search.adopted:
            _complete(runs, scratch, search)
            found = _exported(runs, scratch)
            if document is None:
                runs.briefly(runs.stack.create)
            runs.workshop.failpoint("adopt-found")
            runs.briefly(lambda bounds: runs.stack.put(bounds, found))
            runs.workshop.failpoint("adopt-recorded")
    return search.adoption()


@dataclass(slots=True)
class _Search:
    """What is found so far: *document* is the record of *scratch*; *wanted* comes from the last look."""

    runs: MemberRuns
    scratch: OneStack
    lookup: Lookup
    document: Document
    plan: Path
    adopted: set[str] = field(default_factory=set)
    wanted: Mapping[str, Goal] = field(default_factory=dict)
    steps: tuple[ResourceStep, ...] = ()
    _asked: dict[str, set[str]] = field(default_factory=dict)

    def look(self) -> bool:
        """Ask for what is wanted and not there; whether anything was asked."""
        self._ask_what_is_wanted()
        held = self.held()
        known = bookkeeping(self.wanted, held)
        candidates = self._candidates({**held, **known})
        if not candidates:
            return False
        self._read({**held, **known, **candidates}, sorted(candidates))
        found = [urn for urn in candidates if urn in self.held()]
        _require_ours(self.runs, [(self.wanted[urn], self.held()[urn]) for urn in found])
        self.adopted |= set(found)
        return True

    def held(self) -> dict[str, Document]:
        """What the record of the scratch has, by URN."""
        return {r["urn"]: r for r in records.resources(self.document) if not r.get("delete")}

    def adoption(self) -> Adoption:
        """What came of it."""
        held = self.held()
        missing = [g.urn for g in self.wanted.values() if g.is_of_a_cloud and g.urn not in held]
        told = {step.urn for step in self.steps} - set(missing)
        return Adoption(
            adopted=tuple(sorted(records.stack_resource(held[urn]) for urn in self.adopted)),
            missing=tuple(sorted(map(records.name_in, missing))),
            differing=tuple(sorted(map(records.name_in, told))),
        )

    def _ask_what_is_wanted(self) -> None:
        log = self.runs.run(
            lambda bounds, heard: self.scratch.preview(bounds, heard, plan=self.plan),
            is_question=True,
        )
        self.steps = log.steps()
        self.wanted = goals_of(json.loads(self.plan.read_text()))
        self.plan.unlink()

    def _candidates(self, held: Mapping[str, Document]) -> dict[str, Document]:
        known = facts(list(held.values()), os.environ)
        found = {}
        for goal in self.wanted.values():
            if not goal.is_of_a_cloud or goal.urn in held or goal.provider not in held:
                continue
            id_ = next(self._not_asked(goal, held, known), "")
            if id_:
                self._asked[goal.urn].add(id_)
                found[goal.urn] = goal.record(held, id_, is_read=True)
        return found

    def _not_asked(
        self, goal: Goal, held: Mapping[str, Document], known: Mapping[str, str]
    ) -> Iterator[str]:
        if self.lookup is Lookup.IN_SANDBOX:
            own: list[str] = [goal.urn]
        else:
            own = _tagged(self.runs, goal)
        asked = self._asked.setdefault(goal.urn, set())
        for id_ in (*own, *rules.ids(goal, list(held.values()), known)):
            if id_ and id_ not in asked and len(asked) < MOST_IDS:
                yield id_

    def _read(self, assumed: Mapping[str, Document], urns: list[str]) -> None:
        """Let the engine ask the cloud for *urns*, and forget those that are not there."""
        runs, scratch = self.runs, self.scratch
        document = records.holding(self.document, in_order(assumed))
        runs.briefly(lambda bounds: scratch.put(bounds, document))
        runs.run(
            lambda bounds, heard: scratch.refresh(bounds, heard, target=urns), is_question=True
        )
        self.document = _exported(runs, scratch)


def _tagged(runs: MemberRuns, goal: Goal) -> list[str]:
    from stacks.recovery_tags import NotAsked, tagged_ids  # noqa: PLC0415 - boto3 takes a second

    try:
        return tagged_ids({"type": goal.type, "inputs": goal.inputs}, os.environ) or []
    except NotAsked as error:
        complaint = Complaint(urn=goal.urn, message=str(error))
        ended = CommandEnded(End.FAILED, 1, "", "")
        raise failure(runs.member, ended, [complaint], runs.hidden) from error


def _exported(runs: MemberRuns, stack: OneStack) -> Document:
    found: list[Document] = []
    runs.briefly(lambda bounds: found.extend(filter(None, [stack.export(bounds)])))
    return found[0]


def _complete(runs: MemberRuns, scratch: OneStack, search: _Search) -> None:
    """Record what depends on what; and, if all is there as it is wanted, what the program tells."""
    held = search.held()
    told = {
        urn: linked(resource, search.wanted[urn], held) if urn in search.adopted else resource
        for urn, resource in held.items()
    }
    search.document = records.holding(search.document, in_order(told))
    runs.briefly(lambda bounds: scratch.put(bounds, search.document))
    if search.adoption().is_complete:
        # Nothing is to be done, and the plan keeps the engine from doing anything else.
        plan = search.plan
        runs.run(lambda b, heard: scratch.preview(b, heard, plan=plan), is_question=True)
        runs.run(lambda b, heard: scratch.up(b, heard, plan=plan), is_question=True)
        plan.unlink()
    for urn in sorted(search.adopted):
        resource = records.stack_resource(held[urn])
        step = ResourceStep(name=resource.name, type=resource.type, op=StepOp.IMPORT, urn=urn)
        runs.watch.heard(StepEvent(member=runs.member.name, step=step, state="done"))


def _require_ours(runs: MemberRuns, found: list[tuple[Goal, Document]]) -> None:
    foreign = []
    for goal, resource in found:
        missing = rules.marks_missing(goal, resource)
        if missing:
            name = records.name_in(goal.urn)
            foreign.append(
                Diagnostic(
                    code="resource-not-ours",
                    subject=f"{runs.member.name}/{name}",
                    summary=f"{runs.member.name}: {resource['id']} is not marked as its {name}",
                    detail=f"{goal.type} without {', '.join(missing)}",
                    hint="If it is this cluster's, set these tags in the cloud and import again; if "
                    "not, name the fleet otherwise, or remove it.",
                )
            )
    if foreign:
        raise NotOurs(*foreign)
