"""Where things are: regions, zones, jurisdictions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from broker.domain.ids import ProviderName


@dataclass(frozen=True, slots=True, order=True)
class RegionKey:
    """One region of one cloud.

    >>> RegionKey.parse("aws/eu-central-1")
    RegionKey(provider='aws', region='eu-central-1')
    """

    provider: ProviderName
    region: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `cloud/region`; ValueError if it is not of that form."""
        provider, slash, region = text.partition("/")
        if not (provider and slash and region) or "/" in region:
            message = f"not of the form cloud/region: {text!r}"
            raise ValueError(message)
        return cls(ProviderName(provider), region)

    def __str__(self) -> str:
        """As written in specs: `aws/eu-central-1`."""
        return f"{self.provider}/{self.region}"


class ZoneKind(StrEnum):
    """What sort of place a zone is; only availability zones are ordinary parts of a region."""

    AVAILABILITY_ZONE = "availability-zone"
    LOCAL_ZONE = "local-zone"
    WAVELENGTH_ZONE = "wavelength-zone"
    EDGE_ZONE = "edge-zone"


OPEN_PARTITION = "commercial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region and the law that holds there.

    *country* is ISO 3166-1 alpha-2. *jurisdictions* holds the country itself and every union it
    belongs to (`EU`, `EEA`, ...); it comes from the country, never from the region's name.
    *partition* is `commercial`, or names the closed group of customers (`gov`) it is sold to.
    """

    key: RegionKey
    name: str
    country: str
    jurisdictions: frozenset[str]
    latitude: float | None = None
    longitude: float | None = None
    partition: str = OPEN_PARTITION

    @property
    def is_closed(self) -> bool:
        """Whether it needs an account of a closed group (a government): not open to everyone."""
        return self.partition != OPEN_PARTITION


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """The measured round-trip time between two regions, the same in both directions."""

    a: RegionKey
    b: RegionKey
    milliseconds: float
    source: str
