"""What is recorded of a fleet, as its spec reads it: by the names of now, without what is managed no more."""

from dataclasses import dataclass, replace

from broker.domain.diagnostics import Diagnostic
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName, WorkloadName
from broker.domain.spec import FleetSpec
from broker.planning.blocks import Blocks, pending_imports, read_as, renamed_names
from broker.planning.parts import NOTHING
from broker.usecases.recorded import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is *recorded* as it was read, by which *blocks*; *warnings* are of those that can not be.

    *whole* is the recorded fleet with what is to be forgotten. Clusters *waiting* come or go with the whole, and are left alone while only a part is meant.
    """

    recorded: Recorded
    blocks: Blocks
    warnings: tuple[Diagnostic, ...] = ()
    waiting: frozenset[ClusterName] = frozenset()
    whole: Fleet = NOTHING


def read_by(spec: FleetSpec, recorded: Recorded, *, is_part: bool = False) -> Reading:
    """Read it; where only a part is meant, clusters neither come nor go: they wait for the whole."""
    read = read_as(
        recorded.fleet,
        spec.moved,
        () if is_part else spec.removed,
        made=recorded.made,
        currency=spec.objective.currency,
    )
    firm = renamed_names(recorded.firm, read.blocks.moves)
    pending = pending_imports(spec.imported, recorded.made)
    there = {*recorded.made, *(cluster.name for cluster in read.whole.clusters)}
    leaving = {each.cluster for each in spec.removed} & there
    return Reading(
        recorded=replace(
            recorded, fleet=read.fleet, firm=frozenset(WorkloadName(name) for name in firm)
        ),
        blocks=replace(read.blocks, pending=() if is_part else pending),
        warnings=read.warnings,
        waiting=frozenset({*pending, *leaving} if is_part else ()),
        whole=read.whole,
    )
