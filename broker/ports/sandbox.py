"""What the broker asks of a stand-in for a cloud."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from broker.domain.offers import Offer


class SandboxCloud(Protocol):
    """Speaks a cloud's own protocol on this computer, over prices that it is given."""

    @property
    def name(self) -> str:
        """The provider that it stands in for."""
        ...

    def start(self, offers: Sequence[Offer], *, fault_seed: int | None = None) -> Mapping[str, str]:
        """Serve *offers* on a free port of 127.0.0.1 until `stop`; offers of others are left out.

        Return the environment in which the unchanged adapter finds it: its endpoint, and
        credentials that nothing else accepts. With *fault_seed*, some regions fail, each in
        another way, the same ones for the same seed.
        """
        ...

    def stop(self) -> None:
        """Close the port; a second time does nothing."""
        ...
