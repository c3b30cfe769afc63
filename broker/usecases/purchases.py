"""What carrying out a decision buys, and what it only keeps."""

from dataclasses import dataclass

from broker.domain.fleet import NodePool
from broker.domain.members import StackPreview, StepOp
from broker.usecases.carry_out import Errand
from broker.usecases.previews import POOL_PREFIX

MADE = frozenset({StepOp.CREATE, StepOp.REPLACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases:
    """The pools for which nodes are *bought*, and those that are *kept* as they are.

    What is reserved is in neither: it is paid already.
    """

    bought: tuple[NodePool, ...] = ()
    kept: tuple[NodePool, ...] = ()

    @property
    def pools(self) -> tuple[NodePool, ...]:
        """All of them."""
        return (*self.bought, *self.kept)


def purchases(errand: Errand) -> Purchases:
    """What *errand* buys: pools that are new, that grow, or that are made anew."""
    recorded = {(pool.cluster, pool.name): pool for pool in errand.recorded.pools}
    bought: list[NodePool] = []
    kept: list[NodePool] = []
    for pool in errand.target.pools:
        if pool.offer.reservation is not None:
            continue
        before = recorded.get((pool.cluster, pool.name))
        grows = before is None or before.offer.name != pool.offer.name or before.nodes < pool.nodes
        is_bought = grows or _is_made(pool, errand.approved.get(pool.cluster))
        is_touched = errand.touches(pool.cluster) and pool.cluster not in errand.aside
        (bought if is_bought and is_touched else kept).append(pool)
    return Purchases(bought=tuple(bought), kept=tuple(kept))


def _is_made(pool: NodePool, preview: StackPreview | None) -> bool:
    """Whether its nodes are not there, or are made anew, though the pool was recorded."""
    names = {str(pool.name), f"{POOL_PREFIX}{pool.name}"}
    steps = preview.steps if preview is not None else ()
    return any(step.op in MADE and step.name in names for step in steps)
