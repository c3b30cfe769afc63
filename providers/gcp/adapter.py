"""Google Cloud as a provider: one region at a time, over REST, so that no start waits for an SDK."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.resources.abc import Traversable

from broker.domain.errors import CloudError
from broker.domain.geography import RegionKey
from broker.domain.ids import ProviderName
from broker.domain.regions import RegionResult
from broker.ports.capacity import CapacityProvider, Connect, Connection
from providers.calls.effort import Effort, Patience
from providers.calls.failures import Question, unanswered
from providers.gcp.reading import Reading, Shared
from providers.gcp.rest import account, asking
from providers.gcp.tables import bundled_tables, read_tables

NAME = ProviderName("gcp")

PERMISSION = (
    "compute.regions.list, compute.machineTypes.list, compute.acceleratorTypes.list, "
    "compute.reservations.list, compute.projects.get, compute.advice.* and cloudquotas.quotas.get on "
    "the project, and switch on the APIs compute, cloudbilling and cloudquotas"
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
        self._shared = Shared()

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        return NAME

    def regions(self) -> Sequence[RegionKey]:
        """The regions that the project can see; raises CloudError, UsageInvalid."""
        tables = read_tables(self._folder)  # damage is said at every question
        with self._asking(NAME) as reading:
            known = reading.regions()
            # The catalog is long, and so is the typed client. They are read now, so that no region
            # has to wait for them within its own time; what is wrong is said when one needs them.
            with suppress(CloudError):
                reading.catalog(tables)
                reading.client()
        return sorted(RegionKey(NAME, region) for region in known)

    def discover(self, region: RegionKey) -> RegionResult:
        """What Google Cloud sells in *region*, or a finding that says why it did not tell."""
        tables, now = read_tables(self._folder), self._clock.now()
        try:
            with self._asking(str(region)) as reading:
                return reading.result(region, tables, NAME)
        except CloudError as error:
            return unanswered(region, error, asked_at=now, source=NAME)

    @contextmanager
    def _asking(self, subject: str) -> Iterator[Reading]:
        question = Question(subject, permission=PERMISSION, credentials=CREDENTIALS)
        effort = Effort(self._patience, question)
        who = self._shared.account.value(lambda: account(question, self._environment), effort)
        with asking(who, effort) as rest:
            yield Reading(self._shared, rest, effort, self._clock.now())


_: type[CapacityProvider] = Gcp
_connect: Connect = Gcp
