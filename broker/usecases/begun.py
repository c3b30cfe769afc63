"""What an apply has begun when its fleet becomes another one: kept if that pays, told if it goes."""

from collections import defaultdict
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

Pool = tuple[ClusterName, PoolName]


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
    document: Mapping[str, Any], agreed: Mapping[str, Any], short: Iterable[Pool]
) -> list[Diagnostic]:
    """That the plan *document* destroys what was made since another was *agreed* to: told before it does.

    What was made for the sake of pools that were *short* of nodes is of no use, and goes unsaid.
    """
    before = _gone(agreed)
    unsaid: dict[ClusterName, set[PoolName]] = defaultdict(set)
    for cluster, pool in short:
        unsaid[cluster].add(pool)
    going = {
        name: sum(not _is_for(unsaid[name], urn) for urn in urns - before.get(name, set()))
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


def _is_for(pools: Collection[PoolName], urn: str) -> bool:
    """Whether that is one of *pools* of its cluster, or is named for one."""
    name = urn.rpartition("::")[2]
    return any(name == pool or name.endswith(f"-{pool}") for pool in pools)


def _gone(document: Mapping[str, Any]) -> dict[ClusterName, set[str]]:
    """What a plan destroys, by cluster."""
    return {
        name: {step.urn for step in preview.steps if step.op is StepOp.DELETE}
        for name, preview in stack_previews(document.get("stacks", ())).items()
    }
