"""`broker sandbox`: clouds on this computer, to try things out without an account."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.ids import PoolName
from broker.domain.members import Member
from broker.domain.offers import Offer
from broker.ports.sandbox import SandboxCloud, SandboxEngine, SandboxPlace, SandboxRecord
from broker.ports.state import MemberRecord
from broker.ports.work import LiveWork


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


def sold(offers: Sequence[Offer], machine_type: str, region: str | None) -> tuple[str, str | None]:
    """*machine_type* and *region* (`us-east-1`, `aws/us-east-1`) as the sandbox spells them.

    Raises UsageInvalid where it sells no such machine type, or not in that region.
    """
    types = {offer.machine_type.lower(): offer.machine_type for offer in offers}
    spelled = types.get(machine_type.lower())
    if spelled is None:
        raise UsageInvalid(_not_sold(machine_type, types.values(), f"No {machine_type} is sold"))
    if region is None:
        return spelled, None
    places = {offer.region for offer in offers if offer.machine_type == spelled}
    regions = {str(place): place.region for place in places}
    regions |= {place.region: place.region for place in places}
    if region not in regions:
        raise UsageInvalid(
            _not_sold(region, regions.values(), f"{spelled} is not sold in {region}")
        )
    return spelled, regions[region]


def restock(
    engines: Sequence[SandboxEngine], folder: Path, machine_type: str, region: str | None
) -> None:
    """Let *machine_type* be had again where `stock-out` has ended that; raises UsageInvalid if it has not."""
    ended = [engine.restock(folder, machine_type, region) for engine in engines]
    if not any(ended):
        raise UsageInvalid(
            Diagnostic(
                code="sandbox-in-stock",
                subject=machine_type,
                summary=f"`stock-out` has not sold out {machine_type}{f' in {region}' if region else ''}",
                hint="`restock` takes back what `stock-out` was told, with the same -region or without one.",
            )
        )


def _not_sold(word: str, known: Iterable[str], summary: str) -> Diagnostic:
    names = sorted(set(known))
    close = get_close_matches(word, names, n=2, cutoff=0.6)
    if close:
        hint = f"Did you mean {' or '.join(close)}?"
    else:
        hint = "`broker offers -limit=0` lists what is sold where."
    return Diagnostic(
        code="sandbox-offer-unknown", subject=word, summary=f"{summary} in the sandbox", hint=hint
    )


def sandbox_work(engines: Sequence[SandboxEngine], folder: Path) -> LiveWork:
    """Who can tell what runs on members that were made in the sandbox of *folder*."""

    def work(member: Member, _: MemberRecord) -> Mapping[PoolName, int]:
        return {
            pool.name: sum(engine.pods(folder, member.name, pool.name) for engine in engines)
            for pool in member.pools
        }

    return work
