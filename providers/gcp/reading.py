"""One region of Google Cloud, read from beginning to end: what is asked, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from broker.domain.accelerators import AcceleratorKind
from broker.domain.errors import CloudError
from broker.domain.geography import RegionKey
from broker.domain.ids import ZoneId
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus, Zone
from broker.domain.spec import Quota
from providers.calls.beside import Beside
from providers.calls.effort import Effort
from providers.calls.failures import as_warnings, not_found
from providers.calls.once import Once
from providers.calls.reservations import reservations_idle
from providers.gcp.advice import advising, load_client
from providers.gcp.attached import attached, most_per_machine
from providers.gcp.offers import Machine, machines, offers, restrictions
from providers.gcp.outlook import Outlook, outlook
from providers.gcp.quotas import ToldQuotas, quotas
from providers.gcp.rates import Rates, rates
from providers.gcp.reservations import own_reservations
from providers.gcp.rest import Account, Payload, Rest
from providers.gcp.tables import Tables


@dataclass(frozen=True, slots=True)
class Shared:
    """What serves all regions, and is asked once: lists, the catalog, quotas, the typed client."""

    account: Once[Account] = field(default_factory=Once)
    regions: Once[dict[str, Payload]] = field(default_factory=Once)
    rates: Once[Rates] = field(default_factory=Once)
    quota_infos: Once[list[Payload]] = field(default_factory=Once)
    project: Once[Payload] = field(default_factory=Once)
    client: Once[None] = field(default_factory=Once)
    reservations: Once[list[Payload]] = field(default_factory=Once)


class Reading:
    """Questions with *rest* as of *asked_at*, within *effort*; for one thread."""

    def __init__(self, shared: Shared, rest: Rest, effort: Effort, asked_at: datetime) -> None:
        self._shared = shared
        self._rest = rest
        self._effort = effort
        self._asked_at = asked_at
        self._beside = Beside()

    def regions(self) -> dict[str, Payload]:
        """The regions that the project can see, by name; raises CloudError."""
        return self._shared.regions.value(lambda: _by_name(self._rest.regions()), self._effort)

    def catalog(self, tables: Tables) -> Rates:
        """The rates of all regions; raises CloudError."""
        names, now = tables.billed_names(), self._asked_at
        return self._shared.rates.value(lambda: rates(self._rest.skus(), now, names), self._effort)

    def client(self) -> None:
        """Load the typed client; raises CloudError without it, or if another thread is slow to."""
        self._shared.client.value(lambda: load_client(self._rest.question), self._effort)

    def result(self, region: RegionKey, tables: Tables, source: str) -> RegionResult:
        """Everything that *region* sells; raises CloudError where prices can not be told."""
        known = self.regions()
        if region.provider != source or region.region not in known:
            raise not_found(self._rest.question)
        zones = _zones(known[region.region])
        listed = [(zone, one) for zone in zones for one in self._rest.machine_types(zone)]
        whole, unreadable = machines(listed, tables, str(region))
        found = [*whole, *attached(listed, self._attachable(zones), tables)]
        catalog = self.catalog(tables)
        priced = catalog.by_region.get(region.region, {})
        told, unknown = offers(found, priced, region, self._asked_at, tables)
        # What comes after the prices may fail, and the prices are still good.
        limits = self._quotas(known[region.region], region, told, tables)
        advised = self._advised(region, whole, told, catalog)
        held = own_reservations(self._reserved(told), zones, {o.machine_type for o in told})
        return RegionResult(
            region=region,
            status=RegionStatus.OK,
            offers=tuple(sorted((*told, *advised.blocks), key=lambda offer: offer.name)),
            fetched_at=self._asked_at,
            source=source,
            findings=(
                *unreadable,
                *unknown,
                *catalog.findings(region.region, str(region)),
                *self._beside.findings,
                *advised.findings,
                *reservations_idle(region, held),
            ),
            zones=tuple(Zone(zone) for zone in zones),
            quotas=limits,
            restrictions=restrictions(found),
            scores=advised.scores,
            past=advised.past,
        )

    def _attachable(self, zones: Sequence[ZoneId]) -> dict[str, dict[str, int]]:
        """By zone, how many accelerators of each type fit into one machine."""
        told = self._beside.read(
            "accelerators to attach",
            lambda: [
                (zone, most_per_machine(self._rest.accelerator_types(zone))) for zone in zones
            ],
        )
        return dict(told)

    def _quotas(
        self, listed: Payload, region: RegionKey, told: Sequence[Offer], tables: Tables
    ) -> tuple[Quota, ...]:
        rest, shared, effort = self._rest, self._shared, self._effort
        infos = self._beside.read(
            "quotas of Cloud Quotas",
            lambda: shared.quota_infos.value(lambda: list(rest.quota_infos()), effort),
        )
        project = self._beside.read(
            "quotas of the project", lambda: [shared.project.value(rest.project, effort)]
        )
        gpus = frozenset(o.machine_type for o in told if o.accelerator.kind is AcceleratorKind.GPU)
        of_project = project[0].get("quotas") if project else None
        quotas_told = ToldQuotas(region=listed.get("quotas"), project=of_project, infos=infos)
        return quotas(quotas_told, region, tables, gpus)

    def _reserved(self, told: Sequence[Offer]) -> Sequence[Payload]:
        """The reservations of the project, where anything is sold."""
        rest, shared = self._rest, self._shared.reservations
        return self._beside.read(
            "reservations of the project",
            lambda: shared.value(rest.reservations, self._effort) if told else [],
        )

    def _advised(
        self, region: RegionKey, found: Sequence[Machine], told: Sequence[Offer], catalog: Rates
    ) -> Outlook:
        """Nothing where nothing is sold, so that nobody waits for the client there."""
        if not told:
            return Outlook()
        try:
            self.client()
        except CloudError as error:
            return Outlook(findings=as_warnings(error))  # the prices stand
        priced = catalog.by_region.get(region.region, {})
        with advising(self._rest.account, self._effort, region.region) as advisor:
            return outlook(advisor, found, told, priced, self._asked_at)


def _by_name(listed: Sequence[Payload]) -> dict[str, Payload]:
    return {str(region["name"]): region for region in listed if region.get("name")}


def _zones(region: Payload) -> list[ZoneId]:
    """The zones of a region, sorted; Google tells them by address, and names them the same to all."""
    told = region.get("zones")
    return sorted(
        ZoneId(str(url).rpartition("/")[2]) for url in (told if isinstance(told, list) else ())
    )
