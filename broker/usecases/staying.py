"""What another fleet after a stock-out must leave alone: what is there, and was agreed to stay."""

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanStale
from broker.domain.ids import ClusterName
from broker.domain.members import StepOp
from broker.domain.offers import Offer
from broker.usecases.carry_out import Errand
from broker.usecases.previews import POOL_PREFIX

CONTROL_PLANE = "cluster"
"""What programs call it; all inside it goes with it."""

Pool = tuple[ClusterName, str]


def offers_anew(errand: Errand) -> list[Offer]:
    """The offers of the pools that *errand* makes anew: of them, new nodes have to be had."""
    anew = _anew(errand)
    return [p.offer for p in errand.recorded.pools if (p.cluster, p.name) in anew]


def lost(errand: Errand, agreed: Errand) -> list[Pool]:
    """The pools that are there, and that *errand* destroys or makes anew, and what was *agreed* did not."""
    return sorted((_gone(errand) | _anew(errand)) - _gone(agreed) - _anew(agreed))


def check_staying(errand: Errand, agreed: Errand) -> None:
    """Refuse to take away what is there, and was not agreed to go: raises PlanStale."""
    pools = [f"pool.{cluster}.{name}" for cluster, name in lost(errand, agreed)]
    if pools:
        raise PlanStale(
            Diagnostic(
                code="fallback-destroys",
                subject="fleet",
                summary="The next best fleet would destroy what runs, and nobody has agreed to that",
                detail="\n".join(pools),
                hint="Nothing of that fleet was made. `broker plan` leaves aside what is out of stock, and shows "
                "what else there is, for you to approve; or name other accelerators, regions or capacity types "
                "in fleet.yaml.",
            )
        )


def _there(errand: Errand) -> set[Pool]:
    pools = errand.recorded.pools
    return {(p.cluster, p.name) for p in pools if p.cluster not in errand.forgotten}


def _gone(errand: Errand) -> set[Pool]:
    return _there(errand) - {(pool.cluster, pool.name) for pool in errand.target.pools}


def _anew(errand: Errand) -> set[Pool]:
    """Those there that its stacks replace, by themselves or with their cluster."""
    replaced = {
        (preview.member, step.name.removeprefix(POOL_PREFIX))
        for preview in errand.approved.values()
        for step in preview.steps
        if step.op is StepOp.REPLACE
    }
    return {
        (cluster, name)
        for cluster, name in _there(errand)
        if (cluster, name) in replaced or (cluster, CONTROL_PLANE) in replaced
    }
