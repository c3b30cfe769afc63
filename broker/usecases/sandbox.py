"""`broker sandbox`: clouds on this computer, to try things out without an account."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from broker.domain.offers import Offer
from broker.ports.sandbox import SandboxCloud, SandboxEngine, SandboxPlace, SandboxRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a sandbox is made of: *clouds* that tell, *engines* that make, both of *offers*.

    What is made is kept in *folder*.
    """

    clouds: Sequence[SandboxCloud]
    engines: Sequence[SandboxEngine]
    offers: Sequence[Offer]
    folder: Path


def serve(
    world: World,
    place: SandboxPlace,
    wait: Callable[[SandboxRecord], None],
    *,
    fault_seed: int | None = None,
) -> None:
    """Be the sandbox of *place*: all of *world* is there until *wait* returns.

    An engine for which something is not installed is left out.

    Raises UsageInvalid if another sandbox runs there, and Unwritable.
    """
    environment: dict[str, str] = {}
    with ExitStack() as stack:
        stack.enter_context(place.held())
        for cloud in world.clouds:
            stack.callback(cloud.stop)
            environment.update(cloud.start(world.offers, fault_seed=fault_seed))
        engines = [engine for engine in world.engines if not engine.readiness()]
        for engine in engines:
            stack.callback(engine.stop)
            leads = engine.start(
                world.offers,
                folder=world.folder,
                environment=dict(environment),
                fault_seed=fault_seed,
            )
            environment.update(leads)
        record = SandboxRecord(
            pid=os.getpid(),
            clouds=tuple(cloud.name for cloud in world.clouds),
            environment=environment,
            fault_seed=fault_seed,
            engines=tuple(engine.name for engine in engines),
        )
        place.write(record)
        wait(record)
