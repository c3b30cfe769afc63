"""What the broker asks of a stand-in for a cloud, and of the place that remembers it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from broker.domain.diagnostics import Diagnostic
from broker.domain.offers import Offer


class SandboxCloud(Protocol):
    """Speaks a cloud's own protocol on this computer, over prices that it is given."""

    @property
    def name(self) -> str:
        """The provider that it stands in for."""
        ...

    def start(self, offers: Sequence[Offer], *, fault_seed: int | None = None) -> Mapping[str, str]:
        """Serve *offers* on a free port of 127.0.0.1 until `stop`; offers of others are left out.

        Return the environment in which the unchanged adapter finds it: its endpoint, and
        credentials that nothing else accepts. With *fault_seed*, some regions fail, each in
        another way, the same ones for the same seed.
        """
        ...

    def stop(self) -> None:
        """Close the port; a second time does nothing."""
        ...


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class SandboxResource:
    """What was made in the sandbox: *name* is the program's word for it, *id* the cloud's.

    *region* is empty where its kind has none, or where its id says it.
    """

    type: str
    name: str
    id: str
    region: str = ""


class SandboxEngine(Protocol):
    """Answers a provisioning engine in place of the clouds: what it makes is there, and only here.

    `resources`, `drift`, `stock_out` and `restock` work from any process, on what is kept in *folder*.
    """

    @property
    def name(self) -> str:
        """The provisioner whose questions it answers."""
        ...

    def readiness(self) -> Sequence[Diagnostic]:
        """What keeps it from serving here, in words; empty if nothing. Imports nothing heavy."""
        ...

    def start(
        self,
        offers: Sequence[Offer],
        *,
        folder: Path,
        environment: Mapping[str, str],
        fault_seed: int | None = None,
    ) -> Mapping[str, str]:
        """Serve on free ports of 127.0.0.1 until `stop`; what was made is kept in *folder*.

        What an earlier run left there is there again.

        *environment* is that of the sandbox clouds, which sell *offers*. Return what leads the engine
        here. With *fault_seed*, some offers are out of stock and some calls fail, the same ones for
        the same seed.
        """
        ...

    def stop(self) -> None:
        """Close the ports; a second time does nothing."""
        ...

    def resources(self, folder: Path) -> Sequence[SandboxResource]:
        """All that exists, the oldest first."""
        ...

    def drift(self, folder: Path, address: str, path: str | None, value: object) -> SandboxResource:
        """Let somebody change the property at *path* by hand; without one, delete the resource.

        *address* is an id, a URN, a name or `type:name`. Raises UsageInvalid if nothing has it, or several,
        or what has it can have no such *value* at *path*.
        """
        ...

    def stock_out(self, folder: Path, machine_type: str, region: str | None) -> None:
        """Let no node of *machine_type* be had any more, in *region* or everywhere."""
        ...

    def restock(self, folder: Path, machine_type: str, region: str | None) -> bool:
        """Take `stock_out` back, of *region* or of all; false if there was nothing to take back."""
        ...

    def pods(self, folder: Path, cluster: str, pool: str) -> int:
        """How many pods run on the nodes of *pool* of *cluster*."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRecord:
    """What a running sandbox says of itself.

    *environment* leads the adapters of *clouds* to it, and *engines* (of provisioners) too.
    *fault_seed* is None if nothing fails.
    """

    pid: int
    clouds: tuple[str, ...]
    environment: Mapping[str, str]
    fault_seed: int | None
    engines: tuple[str, ...] = ()


class SandboxPlace(Protocol):
    """Where a folder remembers its sandbox, of which it has one at most."""

    def record(self) -> SandboxRecord | None:
        """What was recorded, None if there is no sandbox. Raises CatalogInvalid if damaged."""
        ...

    def is_running(self) -> bool:
        """Whether the sandbox lives; it may have ended without being stopped."""
        ...

    def held(self) -> AbstractContextManager[None]:
        """Be the sandbox of this folder while the block runs, and be forgotten afterwards.

        Raises UsageInvalid if there is another one, and Unwritable.
        """
        ...

    def write(self, record: SandboxRecord) -> None:
        """Tell others; to be called by who is the sandbox. Raises Unwritable."""
        ...

    def spawn(self, clouds: Sequence[str], fault_seed: int | None) -> SandboxRecord:
        """Start a process that is the sandbox, and wait until it serves.

        Raises UsageInvalid if it ends before that, with what it said.
        """
        ...

    def stop(self) -> bool:
        """End the process and forget it; false if none was running. Waits until it is gone."""
        ...
