"""What moving data and running a cluster cost, beside its nodes."""

from dataclasses import dataclass
from datetime import date

from broker.domain.geography import RegionKey
from broker.domain.ids import ProviderName
from broker.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPrice:
    """List price of data leaving *source*, per GB of 10^9 bytes, without volume tiers.

    *destination* is a region of the same cloud; None stands for anywhere outside that cloud.
    """

    source: RegionKey
    destination: RegionKey | None
    per_gb: Money
    stated_by: str
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOverhead:
    """One thing that each cluster of a cloud pays for, whatever runs in it."""

    provider: ProviderName
    item: str
    per_hour: Money
    stated_by: str
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePrice:
    """List price of keeping a replica of a data set, per GB of 10^9 bytes and month."""

    provider: ProviderName
    per_gb_month: Money
    stated_by: str
    as_of: date
