"""What the broker asks of a seller of accelerators."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult
from broker.ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What an adapter is given when it is made.

    Nobody waits for a region for more than *region_seconds*: an adapter keeps its own retries and
    timeouts below that. Endpoints, projects and credentials come from the environment, as the SDKs
    read them, so that a sandbox cloud is one by its environment alone.
    """

    clock: Clock
    region_seconds: float = 30.0


class CapacityProvider(Protocol):
    """One source of offers; an SDK's own exception never leaves it.

    Making one asks nobody, reads no credential and imports no SDK: that is for the first question.
    Questions come from several threads at once, and a question that takes too long is abandoned:
    its thread goes on and its answer is thrown away, so it must hold nothing that others wait for.
    """

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        ...

    def regions(self) -> Sequence[RegionKey]:
        """Every region it can be asked about, sorted; those that are not opted into too.

        Raises CatalogInvalid for damaged data, and a CloudError where the cloud has to be asked
        for them and does not answer.
        """
        ...

    def discover(self, region: RegionKey) -> RegionResult:
        """All accelerator offers of *region*, sorted by name, in exactly one status.

        Nothing that the cloud lists is left out: a machine type without a price is an offer with
        price None. A cloud that does not answer is a status other than OK, with a finding that
        says why, and no offers. A region it does not know has status ERROR and no offers. Raises
        CatalogInvalid for damaged data.
        """
        ...


Connect = Callable[[Connection], CapacityProvider]
"""What an entry point of the group `gpu_broker.providers` names."""
