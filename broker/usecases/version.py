"""`broker version`: which broker this is, on what it runs, and what it knows by itself."""

import platform
from dataclasses import dataclass

from broker import __broker__
from broker.catalog.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What to write into a bug report; *catalog_digest* is None where the catalog is damaged."""

    broker: str
    python: str
    platform: str
    catalog_digest: str | None
    catalog_offers: int | None


def version(snapshot: Snapshot | None) -> Version:
    """Describe this installation; *snapshot* is the bundled one, None if it can not be read."""
    return Version(
        broker=__broker__,
        python=platform.python_version(),
        platform=f"{platform.system().lower()}_{platform.machine()}",
        catalog_digest=None if snapshot is None else snapshot.digest(),
        catalog_offers=None if snapshot is None else len(snapshot.offers),
    )
