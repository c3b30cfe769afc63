"""Why a workload is where it is, as JSON: all of it, with amounts as decimal strings."""

from typing import Any

from broker.domain.fleet import Placement
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.placement.alternatives import Alternative, Obstacle, Proof
from broker.placement.cheaper import Cheaper
from broker.placement.purchase import Costs
from broker.placement.winning import Winning
from broker.placement.worth import BudgetWorth, TeamWorth, Worth
from broker.placement.yielding import Outbids
from broker.planning.document import unplaced_document
from broker.planning.left_aside import stock_out_document
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
        "quotas": [_worth(each) for each in explanation.worths],
        "team_budgets": [_team_worth(each) for each in explanation.team_worths],
        "budget": None if explanation.budget is None else _budget(explanation.budget),
        "left_aside": [stock_out_document(each) for each in explained.left_aside],
        "outbids": None if explained.outbids is None else _outbids(explained.outbids),
        "solved_anew": solved_anew(is_whole=explanation.is_whole),
        "solver": {
            "status": solution.status,
            "objective": str(solution.objective),
            "bound": str(solution.bound),
        },
    }


def solved_anew(*, is_whole: bool) -> str:
    """What was, for each question: the whole fleet, or what is around the workload."""
    return "whole" if is_whole else "around"


def _outbids(outbids: Outbids) -> dict[str, Any]:
    return {
        "yields": [unplaced_document(entry) for entry in outbids.yields],
        "complete": outbids.is_all,
        "fleet_change": str(outbids.costs),
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
        "instead_of": list(alternative.instead_of),
        "alone": str(alternative.alone),
        "moved_replicas": alternative.moved,
        "fleet_change": _change(alternative.change, alternative.proof),
        "others_moved": list(alternative.others),
        "obstacles": [_obstacle(o) for o in alternative.obstacles],
        "wins_with": [_winning(each) for each in alternative.wins],
    }


def _change(change: Costs, proof: Proof | None) -> dict[str, Any]:
    return {
        "total": str(change.paid),
        "nodes": str(change.nodes),
        "clusters": str(change.clusters),
        "clouds": str(change.clouds),
        "data": str(change.data),
        "traffic": str(change.traffic),
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
        "wins_with": None if cheaper.winning is None else _winning(cheaper.winning),
        "wins_if": None if cheaper.displacing is None else _winning(cheaper.displacing),
    }


def _winning(winning: Winning) -> dict[str, Any]:
    return {
        "kind": winning.kind,
        "change": winning.words,
        "result": winning.change,
        "price": _known(winning.price),
        "not_with_price": _known(winning.loses_at),
        "fleet_change": str(winning.paid),
        "moves_weighed": str(winning.moves),
        "proof": Proof.EXACT if winning.is_exact else Proof.AT_MOST,
    }


def _worth(worth: Worth) -> dict[str, Any]:
    return {
        "quota": worth.quota.name,
        "unit": worth.quota.unit,
        "limit": worth.quota.limit,
        "used": str(worth.used),
        "regions": [str(region) for region in worth.regions],
        "more": worth.more,
        "saves": str(worth.paid),
        "moves_weighed": str(worth.moves),
        "proof": worth.proof,
    }


def _team_worth(worth: TeamWorth) -> dict[str, Any]:
    return {
        "team": worth.team,
        "monthly": str(worth.budget),
        "charged": str(worth.charged),
        "more": str(worth.more),
        "saves": str(worth.paid),
        "moves_weighed": str(worth.moves),
        "proof": worth.proof,
    }


def _budget(budget: BudgetWorth) -> dict[str, Any]:
    return {
        "monthly": str(budget.monthly),
        "left": str(budget.left),
        "denies": budget.denies,
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
