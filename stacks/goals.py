"""What a program wants, as the engine writes it into a plan of its own; and records made of it. Pure.

Its format is not promised (`pulumi preview --save-plan`): read from 3.259.0, `resourcePlans` by URN.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stacks.programs.member_names import stable_guid
from stacks.records import Document, is_of_a_cloud, is_secret
from stacks.steps import UNKNOWN

CREATING = "create"
SETTLED = frozenset({"same", "update"})
"""After these, what the record says of a resource is still known."""

KEPT = ("parent", "protect", "dependencies", "propertyDependencies", "deletedWith", "ignoreChanges",
        "customTimeouts", "additionalSecretOutputs", "aliases", "retainOnDelete")  # fmt: skip
"""What the record of a resource has of what is wanted, beside inputs; of some, only if there is any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One resource as the program wants it: *inputs* with what is unknown left out, *options* as told."""

    urn: str
    type: str
    is_custom: bool
    provider: str
    inputs: Mapping[str, Any]
    options: Mapping[str, Any]
    steps: tuple[str, ...]

    @property
    def is_of_a_cloud(self) -> bool:
        """Whether a cloud would have it."""
        return is_of_a_cloud(self.type, is_custom=self.is_custom)

    @property
    def is_to_be_made(self) -> bool:
        """Whether the record has nothing of it."""
        return CREATING in self.steps

    @property
    def needs(self) -> tuple[str, ...]:
        """Its parent, and what it depends on."""
        parent = self.options.get("parent")
        return (*([parent] if parent else []), *(self.options.get("dependencies") or ()))

    def record(self, held: Mapping[str, Document], id_: str, *, is_read: bool = False) -> Document:
        """Return it as the engine would record it under *id_*, if *held* are there.

        One that *is_read* next has neither inputs nor outputs: a cloud tells both, as of an import.
        """
        inputs = {} if is_read else dict(self.inputs)
        found = {"urn": self.urn, "type": self.type, "custom": self.is_custom, "inputs": inputs}
        if self.is_custom:
            found["id"] = id_
        if not is_read:
            found["outputs"] = {k: v for k, v in inputs.items() if k != "__internal"}
        if self.provider:
            found["provider"] = f"{self.provider}::{held[self.provider]['id']}"
        return linked(found, self, held)


def goals_of(plan: Mapping[str, Any]) -> dict[str, Goal]:
    """Every resource of a plan of the engine, by URN; what it does not tell of, nobody wants."""
    wanted = {urn: each for urn, each in plan["resourcePlans"].items() if each.get("goal")}
    return {urn: _goal(urn, each["goal"], each.get("steps") or ()) for urn, each in wanted.items()}


def _goal(urn: str, goal: Mapping[str, Any], steps: Sequence[str]) -> Goal:
    provider, _, _ = str(goal.get("provider") or "").rpartition("::")
    added = (goal.get("inputDiff") or {}).get("adds") or {}
    return Goal(
        urn=urn,
        type=goal["type"],
        is_custom=bool(goal["custom"]),
        provider=provider,
        inputs={name: value for name, value in added.items() if is_known(value)},
        options={name: goal[name] for name in KEPT if goal.get(name)},
        steps=tuple(steps),
    )


def is_known(value: Any) -> bool:
    """Whether nothing in it is only known after the change; of a secret, nobody can say."""
    if is_secret(value):
        return True
    if isinstance(value, Mapping):
        return all(map(is_known, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(map(is_known, value))
    return bool(value != UNKNOWN)


def linked(resource: Document, goal: Goal, held: Collection[str]) -> Document:
    """Return *resource* with the options of *goal*, as far as they are about what is *held*."""
    told = {**resource, **goal.options}
    told["dependencies"] = sorted(urn for urn in told.get("dependencies", ()) if urn in held)
    told["propertyDependencies"] = {
        name: sorted(urn for urn in urns or () if urn in held)
        for name, urns in told.get("propertyDependencies", {}).items()
    }
    if told.get("deletedWith") not in held:
        told.pop("deletedWith", None)
    return told


def bookkeeping(goals: Mapping[str, Goal], held: Mapping[str, Document]) -> dict[str, Document]:
    """Return the records of the stack, groupings and providers that no cloud is asked about.

    Each only once all that it is made from is *held*: before, its inputs are not known.
    """
    made: dict[str, Document] = {}
    waiting = [g for g in goals.values() if g.is_to_be_made and not g.is_of_a_cloud]
    while True:
        known = {**held, **made}
        ready = [g for g in waiting if g.urn not in made and _is_settled(g, goals, known)]
        if not ready:
            return made
        made |= {g.urn: g.record(known, stable_guid(g.urn)) for g in ready}


def _is_settled(goal: Goal, goals: Mapping[str, Goal], held: Mapping[str, Document]) -> bool:
    return all(
        urn in held and (not goals[urn].is_of_a_cloud or set(goals[urn].steps) <= SETTLED)
        for urn in goal.needs
    )


def in_order(resources: Mapping[str, Document]) -> list[Document]:
    """Return them so that each comes after what it needs: the engine refuses any other order."""
    done: dict[str, Document] = {}
    for urn in sorted(resources):
        _put(urn, resources, done)
    return list(done.values())


def _put(urn: str, resources: Mapping[str, Document], done: dict[str, Document]) -> None:
    if urn in done:
        return
    for needed in _needed(resources[urn]):
        if needed in resources:
            _put(needed, resources, done)
    done[urn] = resources[urn]


def _needed(resource: Document) -> Iterator[str]:
    if resource.get("parent"):
        yield resource["parent"]
    if resource.get("provider"):
        yield resource["provider"].rpartition("::")[0]
    yield from resource.get("dependencies") or ()
