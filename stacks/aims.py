"""What of a stack the engine may touch, where some pools of its member are chosen. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from broker.domain.members import Member, ResourceStep
from broker.ports.provisioning import PoolChoice
from stacks.approval import is_approved
from stacks.goals import Goal
from stacks.records import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """URNs: with a *target*, nothing else is touched; what to *exclude* is not. Neither: all of it is."""

    target: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()


ALL = Aim()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """All that a program makes where nothing is: *steps* that create, and *goals* by URN."""

    steps: tuple[ResourceStep, ...]
    goals: Mapping[str, Goal]


def without(member: Member, choice: PoolChoice) -> Member:
    """*member* as it would be had it none of the pools of *choice*."""
    return member.shrunk({pool.name for pool in member.pools} - choice.pools)


def aim_at(wants: Wants, before: Wants, others: Wants, held: Collection[str]) -> Aim:
    """At what chosen pools come to.

    That is what the member *wants*, or wanted *before*, otherwise than it would for the *others* alone,
    and what that needs and is not among the *held*. The stack itself, of which clouds have nothing, is
    in it always: an empty target would mean all. What is neither wanted nor there must not be: the
    engine fails.
    """
    known = {*wants.goals, *held}
    own = {*of_pools(wants, others), *of_pools(before, others)} & known
    roots = {urn for urn, goal in wants.goals.items() if goal.type == ROOT}
    return Aim(target=frozenset({*own, *roots, *_missing(own, wants.goals, held)}))


def aim_past(wants: Wants, others: Wants) -> Aim:
    """At all but what is there for the sake of the chosen pools, and for no other."""
    return Aim(exclude=frozenset(s.urn for s in wants.steps if s.urn not in others.goals))


def of_pools(wants: Wants, others: Wants) -> set[str]:
    """What is wanted otherwise than by the *others*."""
    known = {step.urn: step for step in others.steps}
    return {
        step.urn
        for step in wants.steps
        if step.urn not in known or not is_approved(step, known[step.urn])
    }


def _missing(own: set[str], goals: Mapping[str, Goal], held: Collection[str]) -> Iterator[str]:
    """What *own* need, and what that needs, that is not there."""
    seen, asked = set(own), sorted(own)
    while asked:
        goal = goals.get(asked.pop())
        for urn in () if goal is None else (*goal.needs, goal.provider):
            if urn and urn not in seen and urn not in held:
                seen.add(urn)
                asked.append(urn)
                yield urn
