"""`broker sandbox`: clouds on this computer, to try things out without an account."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from broker.domain.offers import Offer
from broker.ports.sandbox import SandboxCloud, SandboxPlace, SandboxRecord


def serve(
    clouds: Sequence[SandboxCloud],
    offers: Sequence[Offer],
    place: SandboxPlace,
    wait: Callable[[SandboxRecord], None],
    *,
    fault_seed: int | None = None,
) -> None:
    """Be the sandbox of *place*: all of *clouds* sell *offers* until *wait* returns.

    Raises UsageInvalid if another sandbox runs there, and Unwritable.
    """
    environment: dict[str, str] = {}
    with ExitStack() as stack:
        stack.enter_context(place.held())
        for cloud in clouds:
            stack.callback(cloud.stop)
            environment.update(cloud.start(offers, fault_seed=fault_seed))
        record = SandboxRecord(
            pid=os.getpid(),
            clouds=tuple(cloud.name for cloud in clouds),
            environment=environment,
            fault_seed=fault_seed,
        )
        place.write(record)
        wait(record)
