"""What a fleet says about its own record: renamed, no longer managed, there already."""

from dataclasses import dataclass

from broker.domain.diagnostics import Where
from broker.domain.ids import ClusterName


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What is recorded at *source* is at *destination* now: `workload.old`, `data.old`."""

    source: str
    destination: str
    where: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The *cluster* is to be forgotten and left as it is."""

    cluster: ClusterName
    where: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The *cluster* is there already: it is to be recorded, and not made."""

    cluster: ClusterName
    where: Where | None = None
