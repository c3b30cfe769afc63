"""Azure as a provider: one region at a time, from the resource manager and the retail list."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from broker.domain.errors import CloudError
from broker.domain.geography import RegionKey
from broker.domain.ids import ProviderName
from broker.domain.regions import RegionResult
from broker.ports.capacity import CapacityProvider, Connect, Connection
from providers.azure import capacity
from providers.azure.accelerators import Families, bundled_tables, known_families
from providers.azure.arm import Account, Arm, connected
from providers.azure.capacity import Place
from providers.azure.credentials import SharedCredential
from providers.azure.reading import Reading, Shared
from providers.calls.effort import Effort, Patience
from providers.calls.failures import Question, not_found, unanswered

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

NAME = ProviderName("azure")

PERMISSION = (
    "Microsoft.Compute/skus/read, Microsoft.Compute/locations/usages/read, "
    "Microsoft.Compute/capacityReservationGroups/read, "
    "Microsoft.Compute/capacityReservationGroups/capacityReservations/read, "
    "Microsoft.Compute/locations/placementScores/generate/action, "
    "Microsoft.ResourceGraph/resources/read and "
    "Microsoft.Resources/subscriptions/locations/read on the subscription"
)
CREDENTIALS = (
    "Run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; and set "
    "AZURE_SUBSCRIPTION_ID."
)

SHARE_OF_DEADLINE = 0.9
"""What is left of it is for the last answer to be read and told."""


class Azure:
    """Asks Azure with what the environment says; several threads may ask at once.

    *credential* takes the place of the SDK's chain of them.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        environment: Mapping[str, str] = os.environ,
        patience: Patience | None = None,
        tables: Traversable | None = None,
        credential: "TokenCredential | None" = None,
    ) -> None:
        self._clock = connection.clock
        self._environment = environment
        seconds = connection.region_seconds * SHARE_OF_DEADLINE
        self._patience = patience or Patience(seconds=seconds)
        self._credential = SharedCredential(credential)
        self._tables = bundled_tables() if tables is None else tables
        self._places: dict[str, Place] = {}
        self._shared = Shared()

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        return NAME

    def regions(self) -> Sequence[RegionKey]:
        """The physical regions that the subscription can see; raises CloudError, UsageInvalid."""
        known_families(self._tables)  # damage is said at every question, before any cloud is asked
        with self._asking(NAME) as arm:
            self._places = capacity.regions(arm.locations())
        self._shared = Shared()
        return sorted(RegionKey(NAME, region) for region in self._places)

    def discover(self, region: RegionKey) -> RegionResult:
        """What Azure sells in *region*, or a finding that says why it did not tell."""
        known, now = known_families(self._tables), self._clock.now()
        try:
            with self._asking(str(region)) as arm:
                return self._discovered(region, arm, known, now)
        except CloudError as error:
            return unanswered(region, error, asked_at=now, source=NAME)

    def _discovered(
        self, region: RegionKey, arm: Arm, known: Families, now: datetime
    ) -> RegionResult:
        places = self._places or capacity.regions(arm.locations())
        if region.provider != NAME or region.region not in places:
            raise not_found(arm.question)
        self._places = places
        reading = Reading(arm, region, places[region.region])
        return reading.result(known, self._shared, now, NAME)

    @contextmanager
    def _asking(self, subject: str) -> Iterator[Arm]:
        account = Account.from_environment(self._environment)
        question = Question(subject, permission=PERMISSION, credentials=CREDENTIALS)
        effort = Effort(self._patience, question)
        with connected(account, self._credential, question) as client:
            yield Arm(client, account, effort)


_: type[CapacityProvider] = Azure
_connect: Connect = Azure
