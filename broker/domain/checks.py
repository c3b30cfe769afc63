"""What the user has checked of every plan: guard rails over facts that a plan has anyway."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from broker.domain.diagnostics import Where
from broker.domain.ids import ClusterName, ProviderName, TeamName, WorkloadName


class Level(StrEnum):
    """What a check that fails comes to: a warning, or that nothing is done."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"


class Comparison(StrEnum):
    """How what was found has to be to the bound, in the words of fleet.yaml."""

    AT_MOST = "at-most"
    AT_LEAST = "at-least"
    IS = "is"


class Unit(StrEnum):
    """In what a fact is counted."""

    MONEY = "money"
    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"


class Fact(StrEnum):
    """What of a plan can be checked."""

    MONTHLY_COST = "monthly-cost"
    COST_INCREASE = "cost-increase"
    COST_INCREASE_SHARE = "cost-increase-share"
    COST_PER_ACCELERATOR_HOUR = "cost-per-accelerator-hour"
    CLUSTERS = "clusters"
    NODES = "nodes"
    ACCELERATORS = "accelerators"
    REGIONS = "regions"
    CLOUDS = "clouds"
    SPOT_SHARE = "spot-share"
    LARGEST_CLOUD_SHARE = "largest-cloud-share"
    PRICE_AGE = "price-age"
    UNKNOWN_PRICES = "unknown-prices"
    PROVEN_GAP = "proven-gap"
    UNPLACED = "unplaced"
    DESTROYED = "destroyed"
    REPLACED = "replaced"

    @property
    def unit(self) -> Unit:
        """In what it is counted."""
        return _UNITS.get(self, Unit.COUNT)

    @property
    def scopes(self) -> frozenset[str]:
        """The keys of `where` that it can be asked for."""
        return _SCOPES.get(self, EVERYWHERE)


BY_WORK = frozenset({"team", "workload", "kind"})
BY_PLACE = frozenset({"cluster", "at"})
EVERYWHERE = BY_WORK | BY_PLACE
"""The keys of `where`: whose work it is about, and which places."""

_UNITS: Mapping[Fact, Unit] = MappingProxyType(
    {
        Fact.MONTHLY_COST: Unit.MONEY,
        Fact.COST_INCREASE: Unit.MONEY,
        Fact.COST_INCREASE_SHARE: Unit.SHARE,
        Fact.COST_PER_ACCELERATOR_HOUR: Unit.MONEY,
        Fact.SPOT_SHARE: Unit.SHARE,
        Fact.LARGEST_CLOUD_SHARE: Unit.SHARE,
        Fact.PRICE_AGE: Unit.SECONDS,
        Fact.PROVEN_GAP: Unit.SHARE,
    }
)

_SCOPES: Mapping[Fact, frozenset[str]] = MappingProxyType(
    {
        Fact.LARGEST_CLOUD_SHARE: BY_WORK,
        Fact.UNKNOWN_PRICES: frozenset(),
        Fact.PROVEN_GAP: frozenset(),
        Fact.UNPLACED: frozenset(),
        Fact.DESTROYED: BY_PLACE,
        Fact.REPLACED: BY_PLACE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The part of a fleet that a check is about; None does not narrow it.

    *workloads* are those of that name or kind, which the spec told. *words* are as the user wrote them.
    """

    team: TeamName | None = None
    workloads: frozenset[WorkloadName] | None = None
    cluster: ClusterName | None = None
    provider: ProviderName | None = None
    region: str | None = None
    words: tuple[tuple[str, str], ...] = ()

    @property
    def is_of_work(self) -> bool:
        """Whether it is about some of the work, rather than all of it in some places."""
        return self.team is not None or self.workloads is not None


WHOLE_FLEET = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: *what*, of *scope*, has to be *comparison* the *bound*.

    Money is in units of its currency, a share is 1 for all, a duration in seconds; each has at most six
    decimals. *message* is the user's own word on what it is for.
    """

    name: str
    what: Fact
    comparison: Comparison
    bound: Fraction
    level: Level = Level.ADVISORY
    scope: Scope = WHOLE_FLEET
    message: str = ""
    where: Where | None = None
