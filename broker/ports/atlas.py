"""What the broker must know of the world before any cloud is asked."""

from collections.abc import Sequence
from typing import Protocol

from broker.domain.accelerators import Accelerator
from broker.domain.geography import Region, RoundTrip
from broker.domain.network_prices import ClusterOverhead, EgressPrice, StoragePrice


class Atlas(Protocol):
    """Tables of facts, each row with its source. Raises CatalogInvalid for damaged data.

    Every sequence is sorted, so that two readings are equal.
    """

    def accelerators(self) -> Sequence[Accelerator]:
        """Every accelerator known by name, priced anywhere or not."""
        ...

    def regions(self) -> Sequence[Region]:
        """Every region known, with its law and coordinates."""
        ...

    def round_trips(self) -> Sequence[RoundTrip]:
        """Measured times, once per pair of different regions: the minimum of both directions."""
        ...

    def egress_prices(self) -> Sequence[EgressPrice]:
        """Prices of data leaving a region; a pair that is not listed is unknown, not free."""
        ...

    def storage_prices(self) -> Sequence[StoragePrice]:
        """Prices of keeping data, one per cloud."""
        ...

    def cluster_overheads(self) -> Sequence[ClusterOverhead]:
        """What every cluster costs beside its nodes."""
        ...
