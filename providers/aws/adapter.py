"""AWS as a provider of capacity: what each region sells, at which price, to this account."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import TypeVar

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import CloudError
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ProviderName
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import (
    CapacityScore,
    RegionResult,
    RegionStatus,
    Restriction,
    Zone,
)
from broker.domain.spec import Quota
from broker.ports.capacity import CapacityProvider, Connection
from providers.aws.accelerators import KnownAccelerators, bundled_tables, known_accelerators
from providers.aws.calls import AwsCalls
from providers.aws.clients import AwsClients
from providers.aws.hardware import Hardware, hardware, may_have_accelerator
from providers.aws.offers import (
    RegionMarket,
    block_offers,
    listed_offers,
    sold_in,
    spot_offers,
    zones,
)
from providers.aws.price_list import price_list
from providers.aws.quotas import quotas
from providers.aws.scores import NODES, scored_together, scores
from providers.calls.effort import Effort, Patience
from providers.calls.failures import Question, not_found, not_opted_in, status_of

AWS = ProviderName("aws")

T = TypeVar("T")

NOT_OPTED_IN = "not-opted-in"

CREDENTIALS = (
    "Set AWS_PROFILE, log in with `aws sso login`, or set AWS_ACCESS_KEY_ID and its secret."
)


class AwsProvider:
    """One account of AWS, as its credentials see it.

    *environment* holds settings; credentials are found by the SDK. *tables* takes the place of the
    table of accelerators that is installed with this package. *patience* is one that ends within
    the seconds of the connection, unless it is given.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        environment: Mapping[str, str] = os.environ,
        tables: Traversable | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._clock = connection.clock
        self._patience = patience or _patience(connection.region_seconds)
        self._environment = environment
        self._tables = bundled_tables() if tables is None else tables
        self._described: dict[str, Hardware | None] = {}

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        return "aws"

    def regions(self) -> Sequence[RegionKey]:
        """Every region of the partition, opted into or not, sorted. Raises CloudError."""
        _ = self._known
        return sorted(RegionKey(AWS, region) for region in self._opt_in_states)

    def discover(self, region: RegionKey) -> RegionResult:
        """What *region* sells to this account; the prices of a region come together or not."""
        _ = self._known
        question = _question(region)
        try:
            state = self._opt_in_states.get(region.region) if region.provider == AWS else None
            if state is None:
                raise not_found(question)  # one way to say that there are no offers
            if state == NOT_OPTED_IN:
                raise not_opted_in(question)
            return self._read(region, self._calls(region, question))
        except CloudError as error:
            return self._without_offers(region, status_of(error), *error.diagnostics)

    @cached_property
    def _known(self) -> KnownAccelerators:
        return known_accelerators(self._tables)

    @cached_property
    def _clients(self) -> AwsClients:
        return AwsClients(self._environment, self._patience.silence_seconds)

    @cached_property
    def _opt_in_states(self) -> dict[str, str]:
        home = RegionKey(AWS, self._clients.home)
        rows = self._calls(home, _question(home)).regions()
        return {row["RegionName"]: row.get("OptInStatus", "") for row in rows}

    def _calls(self, region: RegionKey, question: Question) -> AwsCalls:
        effort = Effort(self._patience, question)
        return AwsCalls(self._clients, region.region, effort, self._clock)

    def _read(self, region: RegionKey, calls: AwsCalls) -> RegionResult:
        asked_at = self._clock.now()
        places = zones(calls.zones())
        candidates = {
            name: ids
            for name, ids in sold_in(calls.offerings()).items()
            if may_have_accelerator(name)
        }
        findings: list[Diagnostic] = []
        market = RegionMarket(
            region=region,
            asked_at=asked_at,
            zones=places,
            sold_in=candidates,
            hardware=self._hardware(region, list(candidates), calls, findings),
        )
        names = list(market.hardware)
        groups = sorted({region.region, *(zone.group for zone in places.values())})
        listed = price_list(calls.products(names, groups) if names else (), asked_at)
        found = [
            *listed_offers(market, listed.prices),
            *spot_offers(market, calls.spot_prices(names) if names else ()),
        ]
        # What comes after the prices may fail, and the prices are still good.
        blocks = self._beside("capacity blocks", findings, lambda: _blocks(market, calls))
        limits = self._beside("quotas", findings, lambda: _quotas(market, calls))
        scored = self._beside("placement scores", findings, lambda: _scores(market, calls))
        offers = sorted((*found, *blocks), key=lambda offer: offer.name)
        return RegionResult(
            region=region,
            status=RegionStatus.OK,
            offers=tuple(offers),
            fetched_at=min((offer.fetched_at for offer in offers), default=asked_at),
            source=self.name,
            findings=(*findings, *listed.findings(str(region))),
            zones=tuple(sorted(Zone(zone.id, zone.kind) for zone in places.values())),
            quotas=tuple(limits),
            restrictions=tuple(_restrictions(market)),
            scores=tuple(scored),
        )

    def _hardware(
        self, region: RegionKey, names: list[str], calls: AwsCalls, findings: list[Diagnostic]
    ) -> dict[str, Hardware]:
        """The hardware of *names* that have an accelerator; each is described once per run.

        It is taken to be the same in every region.
        """
        missing = [name for name in names if name not in self._described]
        for row in calls.machine_types(missing) if missing else ():
            try:
                self._described[row["InstanceType"]] = hardware(row, self._known)
            except (LookupError, TypeError, ValueError) as error:
                findings.append(_unreadable(region, row.get("InstanceType", "?"), error))
        described = {name: self._described.get(name) for name in names}
        found = {name: parts for name, parts in described.items() if parts is not None}
        unknown = sorted({parts.accelerator.name for parts in found.values() if not parts.known})
        findings.extend(_unknown(region, name) for name in unknown)
        return found

    def _beside(
        self, what: str, findings: list[Diagnostic], read: Callable[[], Sequence[T]]
    ) -> Sequence[T]:
        """What *read* returns; nothing, and a warning in *findings*, where it fails."""
        try:
            return read()
        except CloudError as error:
            for told in error.diagnostics:
                summary = f"No {what} are known: {told.summary}"
                findings.append(replace(told, severity=Severity.WARNING, summary=summary))
            return ()

    def _without_offers(
        self, region: RegionKey, status: RegionStatus, *findings: Diagnostic
    ) -> RegionResult:
        return RegionResult(
            region=region,
            status=status,
            offers=(),
            fetched_at=self._clock.now(),
            source=self.name,
            findings=findings,
        )


def _patience(seconds: float) -> Patience:
    """One that is at its end within *seconds*: the last call may begin just before, and be silent.

    It is enough to be silent for a quarter of them.
    """
    return Patience(seconds=seconds * 0.7, silence_seconds=seconds * 0.25)


def _question(region: RegionKey) -> Question:
    return Question(
        subject=str(region),
        permission="the actions listed in docs/permissions.md",
        credentials=CREDENTIALS,
    )


def _blocks(market: RegionMarket, calls: AwsCalls) -> list[Offer]:
    sold = [
        n for n, parts in market.hardware.items() if CapacityType.CAPACITY_BLOCK in parts.sold_as
    ]
    return list(block_offers(market, (row for name in sold for row in calls.capacity_blocks(name))))


def _quotas(market: RegionMarket, calls: AwsCalls) -> tuple[Quota, ...]:
    return quotas(calls.quotas(), market.region, market.hardware.values())


def _scores(market: RegionMarket, calls: AwsCalls) -> tuple[CapacityScore, ...]:
    names = scored_together(market)
    return scores(calls.placement_scores(names, NODES), market, names) if names else ()


def _restrictions(market: RegionMarket) -> Iterator[Restriction]:
    """Machine types in zones that the account has not opted into."""
    for name in sorted(market.hardware):
        for zone in market.sold_in[name]:
            if zone in market.zones and not market.zones[zone].opted_in:
                yield Restriction(machine_type=MachineType(name), zone=zone, reason=NOT_OPTED_IN)


def _unreadable(region: RegionKey, machine_type: str, error: Exception) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="machine-type-unreadable",
        subject=f"{region}/{machine_type}",
        summary="The cloud does not say what this machine type is made of",
        detail=f"{type(error).__name__}: {error}",
        hint="It is left out.",
    )


def _unknown(region: RegionKey, name: str) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="accelerator-unknown",
        subject=str(region),
        summary=f"{name} is an accelerator that this version does not know",
        detail="It is listed under the name and with the memory that the cloud tells.",
        hint="A newer version may know it.",
    )


_: type[CapacityProvider] = AwsProvider
