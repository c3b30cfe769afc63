"""Google Cloud as a provider: one region at a time, over REST, so that no start waits for an SDK."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib.resources.abc import Traversable

from broker.domain.accelerators import AcceleratorKind
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CloudError
from broker.domain.geography import RegionKey
from broker.domain.ids import ProviderName, ZoneId
from broker.domain.regions import RegionResult, RegionStatus, Zone
from broker.ports.capacity import CapacityProvider, Connect, Connection
from providers.calls.effort import Effort, Patience
from providers.calls.failures import Question, as_warnings, not_found, unanswered
from providers.calls.once import Once
from providers.gcp.offers import machines, offers, restrictions
from providers.gcp.quotas import quotas
from providers.gcp.rates import Rates, rates
from providers.gcp.rest import Account, Payload, Rest, account, asking
from providers.gcp.tables import Tables, bundled_tables, read_tables

NAME = ProviderName("gcp")

PERMISSION = (
    "compute.regions.list, compute.machineTypes.list and cloudquotas.quotas.get on the project, "
    "and switch on the APIs compute, cloudbilling and cloudquotas"
)
CREDENTIALS = (
    "Run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS; and set "
    "GOOGLE_CLOUD_PROJECT."
)

SHARE_OF_DEADLINE = 0.9
"""What is left of it is for the last answer to be read and told."""


class Gcp:
    """Asks Google Cloud with what the environment says; several threads may ask at once.

    The list of regions, the price catalog and the quotas are of all regions, and are asked once.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        environment: Mapping[str, str] = os.environ,
        patience: Patience | None = None,
        tables: Traversable | None = None,
    ) -> None:
        self._clock = connection.clock
        self._environment = environment
        seconds = connection.region_seconds * SHARE_OF_DEADLINE
        self._patience = patience or Patience(seconds=seconds)
        self._folder = bundled_tables() if tables is None else tables
        self._account: Once[Account] = Once()
        self._regions: Once[dict[str, Payload]] = Once()
        self._rates: Once[Rates] = Once()
        self._quota_infos: Once[list[Payload]] = Once()

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        return NAME

    def regions(self) -> Sequence[RegionKey]:
        """The regions that the project can see; raises CloudError, UsageInvalid."""
        tables = read_tables(self._folder)  # damage is said at every question
        with self._asking(NAME) as (rest, effort):
            known = self._regions.value(lambda: _by_name(rest.regions()), effort)
            # The catalog is long. It is read now, so that no region has to wait for it within its
            # own time; whatever is wrong with it is said when a region needs it.
            with suppress(CloudError):
                self._catalog(tables, rest, effort)
        return sorted(RegionKey(NAME, region) for region in known)

    def discover(self, region: RegionKey) -> RegionResult:
        """What Google Cloud sells in *region*, or a finding that says why it did not tell."""
        tables, now = read_tables(self._folder), self._clock.now()
        try:
            with self._asking(str(region)) as (rest, effort):
                return self._discovered(region, tables, rest, effort, now)
        except CloudError as error:
            return unanswered(region, error, asked_at=now, source=NAME)

    def _discovered(
        self, region: RegionKey, tables: Tables, rest: Rest, effort: Effort, now: datetime
    ) -> RegionResult:
        known = self._regions.value(lambda: _by_name(rest.regions()), effort)
        if region.provider != NAME or region.region not in known:
            raise not_found(rest.question)
        zones = _zones(known[region.region])
        listed = ((zone, one) for zone in zones for one in rest.machine_types(zone))
        found, unreadable = machines(listed, tables, str(region))
        catalog = self._catalog(tables, rest, effort)
        told, unknown = offers(found, catalog.by_region.get(region.region, {}), region, now, tables)
        infos, silent = self._infos(rest, effort)
        gpus = frozenset(o.machine_type for o in told if o.accelerator.kind is AcceleratorKind.GPU)
        return RegionResult(
            region=region,
            status=RegionStatus.OK,
            offers=tuple(told),
            fetched_at=now,
            source=NAME,
            findings=(
                *unreadable, *unknown, *catalog.findings(region.region, str(region)), *silent,
            ),
            zones=tuple(Zone(zone) for zone in zones),
            quotas=quotas(known[region.region].get("quotas"), infos, region, tables, gpus),
            restrictions=restrictions(found),
        )  # fmt: skip

    def _catalog(self, tables: Tables, rest: Rest, effort: Effort) -> Rates:
        """The rates of all regions."""
        names, now = tables.billed_names(), self._clock.now()
        return self._rates.value(lambda: rates(rest.skus(), now, names), effort)

    def _infos(self, rest: Rest, effort: Effort) -> tuple[list[Payload], tuple[Diagnostic, ...]]:
        """What Cloud Quotas says; nothing, and a warning, if it can not be had."""
        try:
            return self._quota_infos.value(lambda: list(rest.quota_infos()), effort), ()
        except CloudError as error:
            return [], as_warnings(error)

    @contextmanager
    def _asking(self, subject: str) -> Iterator[tuple[Rest, Effort]]:
        question = Question(subject, permission=PERMISSION, credentials=CREDENTIALS)
        effort = Effort(self._patience, question)
        who = self._account.value(lambda: account(question, self._environment), effort)
        with asking(who, effort) as rest:
            yield rest, effort


def _by_name(listed: Sequence[Payload]) -> dict[str, Payload]:
    return {str(region["name"]): region for region in listed if region.get("name")}


def _zones(region: Payload) -> list[ZoneId]:
    """The zones of a region, sorted; Google tells them by address, and names them the same to all."""
    told = region.get("zones")
    return sorted(
        ZoneId(str(url).rpartition("/")[2]) for url in (told if isinstance(told, list) else ())
    )


_: type[CapacityProvider] = Gcp
_connect: Connect = Gcp
