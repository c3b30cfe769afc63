"""What is about to be done, worked out before anything is: the plan, its members, their stacks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.ids import ClusterName
from broker.domain.members import Member
from broker.planning.blocks import told_of_blocks
from broker.planning.document import document
from broker.planning.left_aside import told_of_stock_outs
from broker.planning.lifetime import lifetime_document, lifetime_of
from broker.planning.marks import marked_pools, with_marks
from broker.planning.member_documents import member_document, member_of
from broker.planning.members import commitments, members
from broker.planning.parts import NOTHING, Part
from broker.planning.stacks import has_steps, stack_documents
from broker.ports.provisioning import PoolChoice, Recovery
from broker.ports.state import State
from broker.usecases.anew import clusters_anew, told_anew
from broker.usecases.carry_out import Errand
from broker.usecases.checks import Judgement, judge_decision
from broker.usecases.choices import choices_of
from broker.usecases.decision import Decision, Wanted, decide
from broker.usecases.mend import Aside, aside_warnings
from broker.usecases.operation import Means
from broker.usecases.previews import (
    check_addresses,
    check_kept,
    going,
    preview_all,
    urns_to_replace,
)
from broker.usecases.question import Surroundings
from broker.usecases.recorded import check_fleet, recorded_state
from broker.usecases.removals import made_anew, protected_anew
from broker.usecases.unfinished import with_half_made
from broker.usecases.unrecorded import still_known, unrecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """For the user to see, and to agree to: *document* is the plan document with its stacks.

    *mended* is what was mended beforehand of what somebody had left half done. *denied* is why it must
    not be carried out, though it may be seen. *judgement* is what the user's checks of it came to.
    """

    document: dict[str, Any]
    errand: Errand
    has_changes: bool
    warnings: tuple[Diagnostic, ...] = ()
    mended: Mapping[ClusterName, Recovery] = field(default_factory=dict)
    denied: tuple[Diagnostic, ...] = ()
    judgement: Judgement | None = None

    def judged(self, judgement: Judgement) -> "Proposal":
        """It with that *judgement*."""
        return replace(
            self,
            document={**self.document, **judgement.document},
            warnings=(*self.warnings, *judgement.warnings),
            denied=(*self.denied, *judgement.denied),
            judgement=judgement,
        )

    @property
    def currency(self) -> str:
        """In which it counts."""
        return str(self.document["cost"]["currency"])


def propose(
    wanted: Wanted, around: Surroundings, state: State, means: Means, *, aside: Aside
) -> Proposal:
    """Decide, and ask the engine what that would do, but nothing of members *aside*.

    Raises what `decide` and `preview_all` raise.
    """
    decision = decide(wanted, around, recorded_state(state))
    check_fleet(state, decision.question.spec.name)
    target = decision.solution.fleet
    lifetime = lifetime_of(state, wanted.ttl)
    wanted_members = members_of(decision, state, lifetime.after)
    check_addresses(wanted_members, wanted.replace)
    marked = marked_pools(state, wanted_members, decision.part)
    anew = with_marks(wanted.replace, marked)
    only = touched(decision, state)
    around.progress.phase("asking the engine what that changes")
    able = _without(aside, among(only, wanted_members))
    gone = decision.blocks.gone
    leaving = _without([*aside, *gone], among(only, going(wanted_members, state)))
    choices = choices_in(decision, able, state)
    previews = preview_all(able, leaving, means, replace=anew, choices=choices)
    check_kept({name: preview.checkpoint for name, preview in previews.items()}, state)
    begins = wanted.making is None  # what an apply takes back of its own, it tells of by itself
    whole = with_half_made(decision, state, previews.values()) if begins else decision.plan
    planned = told_anew(whole, wanted_members, anew, previews.values(), marked)
    spec = decision.question.spec
    lost = unrecorded(still_known(means.provisioner.known(spec.name), spec), state)
    changes = (
        planned.has_changes,
        has_steps(previews.values()),
        lifetime.has_changed,
        decision.blocks.has_changes,
    )
    proposal = Proposal(
        document={
            **told_of_stock_outs(
                told_of_blocks(document(planned), decision.blocks), decision.left_aside
            ),
            **lifetime_document(lifetime),
            "applyable": any(changes),
            "members": documents_of(wanted_members),
            "stacks": stack_documents(previews.values()),
        },
        errand=Errand(
            recorded=decision.whole,
            target=target,
            members=wanted_members,
            approved={name: previews[name] for name in able},
            only=only,
            choices=choices,
            aside=aside,
            forgotten=gone,
            replace={
                name: urns_to_replace(member, means.provisioner, anew)
                for name, member in wanted_members.items()
            },
        ),
        has_changes=any(changes),
        warnings=(
            *lost,
            *decision.warnings,
            *commitments(target),
            *aside_warnings(aside),
            *clusters_anew(previews.values()),
        ),
        denied=(*decision.denied, *protected_anew(able.values(), made_anew(previews.values()))),
    )
    return proposal.judged(judge_decision(decision, proposal.document, means.clock.now()))


def _without(
    aside: Collection[ClusterName], members: Mapping[ClusterName, Member]
) -> dict[ClusterName, Member]:
    return {name: member for name, member in members.items() if name not in aside}


def touched(decision: Decision, state: State) -> frozenset[ClusterName] | None:
    """The clusters that the decision is about; None for all."""
    part = decision.part
    if part is None:
        return None
    clusters = {cluster.name for cluster in decision.solution.fleet.clusters}
    names = {*clusters, *(record.name for record in state.members)}
    return frozenset(name for name in names if part.touches(name))


def choices_in(
    decision: Decision, members: Mapping[ClusterName, Member], state: State
) -> dict[ClusterName, PoolChoice]:
    """What of *members* the decision is about, where it is not all of them."""
    return choices_of(decision.part, members, state, decision.plan.recorded or NOTHING)


def among(
    only: frozenset[ClusterName] | None, members: Mapping[ClusterName, Member]
) -> dict[ClusterName, Member]:
    """*members*, or *only* those where it names any."""
    return {name: member for name, member in members.items() if only is None or name in only}


def members_of(
    decision: Decision, state: State, expires_at: datetime | None = None
) -> dict[ClusterName, Member]:
    """The clusters of the decision, which may live until *expires_at*.

    What it is not about stays as it is recorded.
    """
    recorded = {record.name: member_of(record.member) for record in state.members}
    blocks = {name: member.address_block for name, member in recorded.items()}
    planned = members(decision.solution.fleet, decision.question.spec, blocks=blocks)
    made = {name: replace(member, expires_at=expires_at) for name, member in planned.items()}
    part = decision.part
    if part is None:
        return made
    return {
        name: _in_part(made[name], recorded[name], part) if name in recorded else made[name]
        for name in made
    }


def _in_part(made: Member, recorded: Member, part: Part) -> Member:
    """*made* where it is meant, and elsewhere what is *recorded*, even of work that the spec lost.

    Where pools alone are meant, the cluster around them is as recorded too.
    """
    if not part.touches(made.name):
        return recorded
    staying = {p.name: p for p in recorded.pools if not part.covers(made.name, p.name)}
    pools = tuple(staying.get(pool.name, pool) for pool in made.pools)
    working = {workload for pool in pools if pool.name in staying for workload in pool.workloads}
    known = [identity for identity in recorded.identities if identity.workload in working]
    identities = {identity.workload: identity for identity in (*made.identities, *known)}
    around = made if made.name in {*part.clusters, *part.hosts} else recorded
    return replace(
        around, pools=pools, identities=tuple(identities[name] for name in sorted(identities))
    )


def documents_of(wanted: Mapping[ClusterName, Member]) -> list[dict[str, Any]]:
    """The members as a plan document writes them, by name."""
    return [member_document(wanted[name]) for name in sorted(wanted)]
