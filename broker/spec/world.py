"""The regions and accelerators that a spec may name, and what to say about one it may not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from broker.domain.accelerators import Accelerator
from broker.domain.countries import CODES
from broker.domain.geography import Region, RegionKey
from broker.spec.findings import Findings
from broker.spec.nodes import shortened
from broker.spec.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What exists, by name.

    *regions* are those of each cloud, *closed* those that `all` leaves out, *models* what `model` may name (families and full names),
    *jurisdictions* every country and union in which any region lies.
    """

    regions: Mapping[str, frozenset[str]]
    closed: frozenset[RegionKey]
    accelerators: Sequence[Accelerator]
    models: frozenset[str]
    jurisdictions: frozenset[str]

    @classmethod
    def of(cls, regions: Iterable[Region], accelerators: Sequence[Accelerator]) -> Self:
        """Index the tables of an atlas."""
        by_cloud: dict[str, set[str]] = {}
        jurisdictions: set[str] = set()
        closed: set[RegionKey] = set()
        for region in regions:
            closed |= {region.key} if region.is_closed else set()
            by_cloud.setdefault(region.key.provider, set()).add(region.key.region)
            jurisdictions |= region.jurisdictions
        return cls(
            regions={cloud: frozenset(names) for cloud, names in by_cloud.items()},
            closed=frozenset(closed),
            accelerators=accelerators,
            models=frozenset(name for known in accelerators for name in (known.model, known.name)),
            jurisdictions=frozenset(jurisdictions),
        )

    def open_regions(self, cloud: str) -> frozenset[str]:
        """The regions of *cloud* that every customer may use."""
        shut = {key.region for key in self.closed if key.provider == cloud}
        return self.regions[cloud] - shut


def check_cloud(cloud: str, at: Value, world: World, findings: Findings) -> bool:
    """Whether the cloud is known."""
    if cloud in world.regions:
        return True
    findings.at(
        at,
        code="cloud-unknown",
        summary=f"There is no cloud {shortened(cloud)}",
        detail=foreign_characters(cloud) or f"Known: {', '.join(sorted(world.regions))}",
        hint=findings.suggestion(cloud, world.regions) or "Name one of those.",
    )
    return False


def check_region(cloud: str, region: str, at: Value, world: World, findings: Findings) -> None:
    """The region must be one of a known cloud."""
    if not check_cloud(cloud, at, world, findings):
        return
    known = world.regions[cloud]
    if region in known:
        return
    owners = sorted(other for other, names in world.regions.items() if region in names)
    elsewhere = f"It is a region of {', '.join(owners)}." if owners else ""
    findings.at(
        at,
        code="region-unknown",
        summary=f"{cloud} has no region {shortened(region)}",
        detail=foreign_characters(region),
        hint=elsewhere
        or findings.suggestion(region, known)
        or f"`broker offers -cloud={cloud}` shows its regions, such as {min(known)}.",
    )


def check_place(at: Value, world: World, findings: Findings) -> None:
    """The same for a value that is a RegionKey."""
    key: RegionKey = at.content
    check_region(key.provider, key.region, at, world, findings)


def check_model(at: Value, world: World, findings: Findings) -> bool:
    """Whether the accelerator is known."""
    model: str = at.content
    if model in world.models:
        return True
    findings.at(
        at,
        code="accelerator-unknown",
        summary=f"There is no accelerator {shortened(model)}",
        detail=foreign_characters(model),
        hint=findings.suggestion(model, world.models)
        or "`broker offers -group-by=gpu` lists them all, such as H100.",
    )
    return False


def check_jurisdiction(at: Value, world: World, findings: Findings) -> None:
    """Some region must lie there."""
    code: str = at.content
    if code in world.jurisdictions:
        return
    findings.at(
        at,
        code="jurisdiction-unknown",
        summary=f"No known region lies in {shortened(code)}",
        detail=foreign_characters(code)
        or "It is neither a country (ISO 3166-1 alpha-2)"
        " with a region nor a union of such countries.",
        hint=findings.suggestion(code, world.jurisdictions, called=CODES)
        or f"Known: {', '.join(sorted(world.jurisdictions))}.",
    )


def check_name(at: Value, known: Collection[str], findings: Findings) -> None:
    """A reference within the file: to a data set or to clients."""
    name: str = at.content
    if name in known:
        return
    findings.at(
        at,
        code="reference-unknown",
        summary=f"Nothing is called {shortened(name)}",
        detail=f"Defined: {', '.join(sorted(known)) or 'nothing'}",
        hint=findings.suggestion(name, known) or "Name one of those, or define it.",
    )


def foreign_characters(word: str) -> str:
    """Says which letters only look like Latin ones."""
    foreign = sorted({f"U+{ord(character):04X}" for character in word if not character.isascii()})
    return f"It has characters beyond ASCII: {', '.join(foreign)}" if foreign else ""
