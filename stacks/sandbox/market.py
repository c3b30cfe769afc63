"""What the sandbox clouds sell, as one account may buy it."""

from collections import defaultdict
from collections.abc import Sequence

from broker.domain.offers import CapacityType, Offer

PROVIDERS = {"aws": "aws", "azure-native": "azure", "gcp": "gcp"}
"""Whose offers the resources of a package are made of."""

DEFAULT_LIMIT = 49_152
"""vCPUs of one family that an account may run at once in a region: wide enough for every example."""


class Market:
    """Looks offers up by package, machine type and region."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._sold: dict[tuple[str, str], dict[str, list[Offer]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._reservations = {
            (offer.region.provider, str(offer.reservation).rpartition("/")[2])
            for offer in offers
            if offer.reservation
        }
        self._providers = {offer.region.provider for offer in offers}
        for offer in offers:
            key = (offer.region.provider, str(offer.machine_type))
            self._sold[key][str(offer.region.region)].append(offer)

    def is_told(self, package: str) -> bool:
        """Whether anything is known of what the cloud of *package* sells."""
        return PROVIDERS.get(package) in self._providers

    def _offers(self, package: str, machine_type: str) -> dict[str, list[Offer]]:
        return self._sold.get((PROVIDERS.get(package, ""), machine_type), {})

    def knows(self, package: str, machine_type: str) -> bool:
        """Whether *machine_type* is one with accelerators that is sold anywhere."""
        return bool(self._offers(package, machine_type))

    def regions(self, package: str, machine_type: str) -> list[str]:
        """Where *machine_type* is sold."""
        return sorted(self._offers(package, machine_type))

    def zones(
        self, package: str, machine_type: str, region: str, capacity_type: CapacityType
    ) -> frozenset[str]:
        """Where in *region*; empty if that is not told, so that any zone may have it."""
        zones: set[str] = set()
        offers = self._offers(package, machine_type).get(region, ())
        for offer in [one for one in offers if one.capacity_type is capacity_type]:
            named = {str(zone) for zone in (offer.zone, *offer.zones) if zone}
            if not named:
                return frozenset()
            zones |= named
        return frozenset(zones)

    def places(self, package: str, region: str, machine_type: str = "") -> frozenset[str]:
        """The zones of *region* that any offer names, or any offer of *machine_type*."""
        wanted = (PROVIDERS.get(package, ""), machine_type)
        return frozenset(
            str(zone)
            for key, sold in self._sold.items()
            if key == wanted or (not machine_type and key[0] == wanted[0])
            for offer in sold.get(region, ())
            for zone in (offer.zone, *offer.zones)
            if zone
        )

    def vcpus(self, package: str, machine_type: str) -> int:
        """Of one node; zero for what has no accelerators."""
        offer = self._any(package, machine_type)
        return offer.vcpus if offer else 0

    def family(self, package: str, machine_type: str) -> str:
        """Under which the cloud counts it; empty for what has no accelerators."""
        offer = self._any(package, machine_type)
        return offer.family if offer else ""

    def devices(self, package: str, machine_type: str) -> int:
        """The accelerators of one node; zero if it has none, or a part of one."""
        offer = self._any(package, machine_type)
        return int(offer.count) if offer else 0

    def has_reservation(self, package: str, name: str) -> bool:
        """Whether somebody has paid for a reservation of that name before."""
        return (PROVIDERS.get(package, ""), name.rpartition("/")[2]) in self._reservations

    def _any(self, package: str, machine_type: str) -> Offer | None:
        regions = self._offers(package, machine_type)
        return next(iter(regions.values()))[0] if regions else None
