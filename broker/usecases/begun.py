"""What an apply has begun when its fleet becomes another one: kept if that pays, told if it goes."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import StepOp
from broker.domain.stock_outs import StockOut
from broker.domain.wording import many
from broker.planning.parts import Part, between
from broker.planning.stacks import stack_previews
from broker.ports.state import State


def with_begun(
    recorded: Fleet, target: Fleet, state: State, sold_out: Collection[StockOut]
) -> Fleet:
    """*recorded*, with what of *target* is in clusters that are being made; not what is *sold_out*.

    Made or half made, they have cost time: work is not to be moved away from them for next to nothing.
    """
    begun = {record.name for record in state.members}
    pools = frozenset(
        (pool.cluster, pool.name)
        for pool in target.pools
        if pool.cluster in begun and not any(each.covers(pool.offer) for each in sold_out)
    )
    return between(recorded, target, Part(clusters=frozenset(), pools=pools))


def taken_back(
    document: Mapping[str, Any], agreed: Mapping[str, Any], short: Iterable[PoolName]
) -> list[Diagnostic]:
    """That the plan *document* destroys what was made since another was *agreed* to: told before it does.

    What was made for the sake of pools that were *short* of nodes is of no use, and goes unsaid.
    """
    unsaid, before = tuple(short), _gone(agreed)
    going = {
        name: sum(not urn.endswith(unsaid) for urn in urns - before.get(name, set()))
        for name, urns in _gone(document).items()
    }
    told = [f"{name}: {many(count, 'resource')} to go" for name, count in going.items() if count]
    if not told:
        return []
    return [
        Diagnostic(
            severity=Severity.WARNING,
            code="fallback-takes-back",
            subject="fleet",
            summary=f"The next best fleet takes back {many(sum(going.values()), 'resource')} that this "
            "apply has made",
            detail="\n".join(told),
            hint="Clusters go once all the rest is made. Ctrl-C ends the apply before.",
        )
    ]


def _gone(document: Mapping[str, Any]) -> dict[ClusterName, set[str]]:
    """What a plan destroys, by cluster."""
    return {
        name: {step.urn for step in preview.steps if step.op is StepOp.DELETE}
        for name, preview in stack_previews(document.get("stacks", ())).items()
    }
