"""Which machines stand for their accelerators where not every one can be asked about: pure."""

from collections.abc import Iterable

from broker.domain.accelerators import AcceleratorKind
from broker.domain.offers import CapacityType, Offer


def greatest(
    offers: Iterable[Offer], capacity_type: CapacityType = CapacityType.ON_DEMAND
) -> list[Offer]:
    """Of each GPU the offer with most of them, sorted by machine type; ties go to the name.

    Whole machines are what can be reserved ahead, and what is scarce.
    """
    by_accelerator: dict[str, Offer] = {}
    for offer in sorted(offers, key=lambda offer: (-offer.count, offer.machine_type)):
        is_gpu = offer.accelerator.kind is AcceleratorKind.GPU
        if is_gpu and offer.capacity_type is capacity_type:
            by_accelerator.setdefault(offer.accelerator.name, offer)
    return sorted(by_accelerator.values(), key=lambda offer: offer.machine_type)
