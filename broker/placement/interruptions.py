"""What reclaims are expected to cost: hours that are paid and do not count."""

from dataclasses import replace
from fractions import Fraction

from broker.domain.offers import CapacityType, Offer
from broker.domain.workloads import Workload


def paid_hours(workload: Workload, offer: Offer, per_node: int) -> Fraction:
    """Hours paid for each node in the month: those of the run, and those that reclaims waste.

    hours x (1 + reclaims an hour x hours lost by each). A gang stops as a whole when any of its
    nodes is taken, so its nodes count together. This is the first-order estimate of Young (1974):
    it leaves out that wasted hours can be interrupted again.
    """
    hours = workload.run.paid_hours
    rate = offer.reclaims_per_hour
    if not rate:
        return hours
    is_one = workload.is_gang and workload.run.is_burst
    nodes = -(-workload.replicas.minimum // per_node) if is_one else 1
    return hours * (1 + rate * nodes * workload.lost_hours)


def with_reclaims(offers: tuple[Offer, ...], per_hour: Fraction) -> tuple[Offer, ...]:
    """*offers*, the spot ones among them reclaimed *per_hour* where no source says how often."""
    if not per_hour:
        return offers
    return tuple(
        replace(offer, reclaims_per_hour=per_hour)
        if offer.capacity_type is CapacityType.SPOT and offer.reclaims_per_hour is None
        else offer
        for offer in offers
    )
