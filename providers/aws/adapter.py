"""AWS as a provider of capacity: what each region sells, at which price, to this account."""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources.abc import Traversable

from broker.domain.errors import CloudError
from broker.domain.geography import RegionKey
from broker.domain.ids import ProviderName
from broker.domain.regions import RegionResult
from broker.ports.capacity import CapacityProvider, Connection
from providers.aws.accelerators import bundled_tables, known_accelerators
from providers.aws.calls import AwsCalls
from providers.aws.clients import AwsClients
from providers.aws.reading import NOT_OPTED_IN, Descriptions, Reading
from providers.calls.effort import Effort, Patience
from providers.calls.failures import Question, not_found, not_opted_in, unanswered
from providers.calls.once import Once

AWS = ProviderName("aws")

OptInStates = Mapping[str, str]

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
        self._states: Once[OptInStates] = Once()

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        return "aws"

    def regions(self) -> Sequence[RegionKey]:
        """Every region of the partition, opted into or not, sorted. Raises CloudError."""
        _ = self._descriptions
        asked_anew: Once[OptInStates] = Once()
        home = RegionKey(AWS, self._clients.home)
        states = self._opt_in_states(asked_anew, Effort(self._patience, _question(home)))
        self._states = asked_anew
        return sorted(RegionKey(AWS, region) for region in states)

    def discover(self, region: RegionKey) -> RegionResult:
        """What *region* sells to this account; the prices of a region come together or not."""
        descriptions = self._descriptions
        effort, now = Effort(self._patience, _question(region)), self._clock.now()
        try:
            self._refuse_unusable(region, effort)
            calls = AwsCalls(self._clients, region.region, effort, self._clock)
            return Reading(region, calls, now).result(descriptions, self.name)
        except CloudError as error:
            return unanswered(region, error, asked_at=now, source=self.name)

    @cached_property
    def _descriptions(self) -> Descriptions:
        return Descriptions(known_accelerators(self._tables))

    @cached_property
    def _clients(self) -> AwsClients:
        return AwsClients(self._environment, self._patience.silence_seconds)

    def _opt_in_states(self, once: Once[OptInStates], effort: Effort) -> OptInStates:
        """The opt-in state of each region, by its name."""

        def ask() -> OptInStates:
            calls = AwsCalls(self._clients, self._clients.home, effort, self._clock)
            return {row["RegionName"]: row.get("OptInStatus", "") for row in calls.regions()}

        return once.value(ask, effort)

    def _refuse_unusable(self, region: RegionKey, effort: Effort) -> None:
        """Raise NotFound or NotOptedIn for a region that need not even be asked."""
        if region.provider != AWS:
            raise not_found(effort.question)
        state = self._opt_in_states(self._states, effort).get(region.region)
        if state is None:
            raise not_found(effort.question)
        if state == NOT_OPTED_IN:
            raise not_opted_in(effort.question)


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


_: type[CapacityProvider] = AwsProvider
