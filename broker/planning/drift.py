"""What drifted in a cloud, and whether anybody has to care: all but what is known to have no effect."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from broker.domain.ids import ClusterName
from broker.domain.members import ResourceStep, StackPreview, StepOp
from broker.planning.stacks import step_document


class Concern(StrEnum):
    """Why a difference is shown."""

    GONE = "gone"
    COST = "cost"
    PLACEMENT = "placement"
    SECURITY = "security"
    REPLACEMENT = "replacement"
    """The cloud says that what differs can not be set right in place."""
    UNKNOWN = "effect-unknown"
    """Nobody has said that it has no effect: to set it right may restart nodes, or more."""


WORDS: tuple[tuple[Concern, str], ...] = (
    (
        Concern.COST,
        (
            "size count capacity instancetype machinetype accelerator spot priority disk volume "
            "amount reserv bandwidth sku"
        ),
    ),
    (
        Concern.PLACEMENT,
        "zone region location subnet placement availability proximity collocation taint label",
    ),
    (
        Concern.SECURITY,
        (
            "public private cidr ingress egress security polic role permission encrypt kms key identit "
            "oidc issuer authori auth access protect firewall sourceranges principal trust member "
            "binding certificate tls"
        ),
    ),
)
"""What the name of a property is about: the first line of which a word is in it."""

SOFTWARE = frozenset({"version", "chart", "values"})
"""Properties of a resource itself that say what software it runs: whoever changed them changed that."""

MARKS = frozenset(
    {"tags", "tagsall", "etag", "fingerprint", "labelfingerprint", "status", "generation"}
)
"""Properties that say nothing about what a resource does: tags of others, marks of a cloud.

With what a cloud alone tells and no apply would touch, these are all that is only counted.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One resource of *member* that is not as recorded, and why that matters."""

    member: ClusterName
    step: ResourceStep
    concerns: tuple[Concern, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """What is shown, and how many differences are only counted; *checked* members were looked at."""

    shown: tuple[Drift, ...]
    hidden: int
    checked: int


def drifted(previews: Iterable[StackPreview]) -> Drifted:
    """Sort what drifted into what matters and what is noise.

    A resource that is gone matters always. Nothing is left out: what is not shown is counted.
    """
    shown: list[Drift] = []
    hidden = checked = 0
    for preview in sorted(previews, key=lambda preview: preview.member):
        checked += 1
        for step in sorted(preview.steps):
            concerns = concerns_of(step)
            if concerns:
                shown.append(Drift(member=preview.member, step=step, concerns=concerns))
            elif step.op is not StepOp.SAME:
                hidden += 1
    return Drifted(shown=tuple(shown), hidden=hidden, checked=checked)


def concerns_of(step: ResourceStep) -> tuple[Concern, ...]:
    """Why that difference matters; nothing if it is noise.

    >>> concerns_of(ResourceStep(name="a", type="t", op=StepOp.UPDATE, changed=("tags.seen",)))
    ()
    >>> concerns_of(ResourceStep(name="a", type="t", op=StepOp.UPDATE, changed=("vmSize",)))
    (<Concern.COST: 'cost'>,)
    """
    if step.op in (StepOp.DELETE, StepOp.CREATE):
        return (Concern.GONE,)
    found = {concern for path in step.changed for concern in [_concern(path)] if concern}
    if step.forcing:
        found = (found - {Concern.UNKNOWN}) | {Concern.REPLACEMENT}
    return tuple(sorted(found))


def _concern(path: str) -> Concern | None:
    plain = path.replace("_", "").lower()
    if plain.split(".")[0].split("[")[0] in MARKS:
        return None
    if plain.split(".")[0] in SOFTWARE:
        return Concern.SECURITY
    for concern, words in WORDS:
        if any(word in plain for word in words.split()):
            return concern
    return Concern.UNKNOWN


def drift_documents(drifts: Iterable[Drift]) -> list[dict[str, Any]]:
    """As documents list them, under Terraform's name `resource_drift`."""
    return [
        {
            "cluster": one.member,
            "concerns": [concern.value for concern in one.concerns],
            **step_document(one.step),
        }
        for one in drifts
    ]


def undone(step: ResourceStep) -> ResourceStep:
    """The difference that *step* would set right: what is to be made is gone, and the other way round.

    Of what is gone as a whole, no property is listed.
    """
    ops = {StepOp.CREATE: StepOp.DELETE, StepOp.DELETE: StepOp.CREATE}
    if step.op in ops:
        return replace(step, op=ops[step.op], changed=(), before={}, after={})
    return replace(step, op=StepOp.UPDATE, before=step.after, after=step.before)
