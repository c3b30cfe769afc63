"""Why a workload is where it is, as JSON: all of it, with amounts as decimal strings."""

from typing import Any

from broker.domain.fleet import Placement
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.placement.alternatives import Alternative, Obstacle, Proof
from broker.placement.explain import Cheaper
from broker.placement.purchase import Costs
from broker.usecases.explain import Explained


def explanation_document(explained: Explained) -> dict[str, Any]:
    """The document that `broker explain -json` prints."""
    explanation = explained.explanation
    solution = explained.solution
    return {
        "workload": explanation.workload.name,
        "offers": explained.offers,
        "lawful": explanation.lawful,
        "excluded": dict(sorted(explanation.excluded.items())),
        "chosen": [_placement(p) for p in explanation.chosen],
        "chosen_alone": str(explanation.chosen_alone),
        "without_chosen_at_least": _known(explanation.without_chosen),
        "runners_up": [_alternative(a) for a in explanation.runners_up],
        "cheaper": [_cheaper(c) for c in explanation.cheaper],
        "solver": {
            "status": solution.status,
            "objective": str(solution.objective),
            "bound": str(solution.bound),
        },
    }


def _known(amount: Money | None) -> str | None:
    return None if amount is None else str(amount)


def _placement(placement: Placement) -> dict[str, Any]:
    return {
        **_offer(placement.offer),
        "cluster": placement.cluster,
        "pool": placement.pool,
        "replicas": placement.replicas,
        "nodes": placement.nodes,
        "hourly_cost": str(placement.hourly),
        "monthly_cost": str(placement.monthly),
    }


def _alternative(alternative: Alternative) -> dict[str, Any]:
    return {
        **_offer(alternative.offer),
        "instead_of": alternative.instead_of.name,
        "alone": str(alternative.alone),
        "moved_replicas": alternative.moved,
        "fleet_change": _change(alternative.change, alternative.proof),
        "others_moved": list(alternative.others),
        "obstacles": [_obstacle(o) for o in alternative.obstacles],
    }


def _change(change: Costs, proof: Proof | None) -> dict[str, Any]:
    return {
        "total": str(change.paid),
        "nodes": str(change.nodes),
        "clusters": str(change.clusters),
        "clouds": str(change.clouds),
        "data": str(change.data),
        "moves_weighed": str(change.moves),
        "proof": proof,
    }


def _obstacle(obstacle: Obstacle) -> dict[str, str]:
    return {"rule": obstacle.rule, "reason": obstacle.reason}


def _cheaper(cheaper: Cheaper) -> dict[str, Any]:
    return {
        **_offer(cheaper.offer),
        "alone": str(cheaper.alone),
        "rule": cheaper.rule,
        "reason": cheaper.reason,
        "fleet_change": None if cheaper.change is None else _change(cheaper.change, cheaper.proof),
    }


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "provider": offer.region.provider,
        "region": offer.region.region,
        "zone": offer.zone,
        "machine_type": offer.machine_type,
        "accelerator": offer.accelerator.name,
        "capacity_type": offer.capacity_type,
        "term_months": offer.term_months,
        "price": None if offer.price is None else str(offer.price),
    }
