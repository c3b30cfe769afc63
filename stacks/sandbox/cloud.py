"""The sandbox cloud as the broker starts it, looks into it and steers it."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import UsageInvalid
from broker.domain.offers import Offer
from broker.ports.sandbox import SandboxEngine, SandboxResource
from stacks.sandbox.control import Control, Unknown, all_addressed
from stacks.sandbox.database import FILE
from stacks.sandbox.findings import Finding
from stacks.sandbox.ledger import Ledger, Made
from stacks.sandbox.market import Market
from stacks.sandbox.mirror.mirror import MIRROR, Mirror
from stacks.sandbox.paths import NoSuchPath, with_value
from stacks.sandbox.shapes.check import ShapeCheck

if TYPE_CHECKING:
    from stacks.sandbox.server import Servers
    from stacks.sandbox.world import World

PACKAGES = ("aws", "azure-native", "gcp", "kubernetes")
NEEDED = ("grpc", "pulumi")


class PulumiSandbox:
    """Answers the Pulumi engine in place of four provider packages."""

    def __init__(self) -> None:
        self._servers: Servers | None = None
        self._world: World | None = None

    @property
    def name(self) -> str:
        """The provisioner whose questions it answers."""
        return "pulumi"

    def readiness(self) -> Sequence[Diagnostic]:
        """What keeps it from serving here: packages that are not installed."""
        missing = [name for name in NEEDED if find_spec(name) is None]
        if not missing:
            return []
        return [
            Diagnostic(
                severity=Severity.WARNING,
                code="sandbox-engine-missing",
                subject=self.name,
                summary=f"The sandbox makes nothing: {_listed(missing)} not installed",
                hint='Install them with the extra: `pip install "gpu-broker[pulumi]"`.',
            )
        ]

    def start(
        self,
        offers: Sequence[Offer],
        *,
        folder: Path,
        environment: Mapping[str, str],
        fault_seed: int | None = None,
    ) -> Mapping[str, str]:
        """Serve each package on a port of its own; what was made in *folder* before is there again."""
        # grpc and protobuf take a moment, which those that only look in need not wait for.
        from stacks.sandbox.desk import Desk  # noqa: PLC0415
        from stacks.sandbox.server import Servers  # noqa: PLC0415
        from stacks.sandbox.world import World  # noqa: PLC0415

        ledger, control = Ledger(folder), Control(folder)
        endpoint, run = environment.get(MIRROR, ""), f"run {ledger.next_number()}"
        control.mirrored(endpoint, run)
        self._world = World(
            ledger=ledger,
            control=control,
            market=Market(offers),
            mirror=Mirror(endpoint, run),
            fault_seed=fault_seed,
        )
        self._servers = Servers([Desk(package, self._world) for package in PACKAGES])
        ports = ",".join(f"{name}:{port}" for name, port in self._servers.ports.items())
        return {
            "PULUMI_DEBUG_PROVIDERS": ports,
            # The engine would fetch the plug-ins that a stack names, although others are attached.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def stop(self) -> None:
        """Close the ports; what was made stays in the folder."""
        if self._servers is not None:
            self._servers.stop()
        if self._world is not None:
            self._world.close()
        self._servers = self._world = None

    def resources(self, folder: Path) -> Sequence[SandboxResource]:
        """All that exists, the oldest first."""
        if not (folder / FILE).exists():
            return []
        with Ledger(folder) as ledger:
            return [_shown(made) for made in ledger.resources()]

    def drift(self, folder: Path, address: str, path: str | None, value: object) -> SandboxResource:
        """Change it by hand, or delete it without *path*.

        Raises UsageInvalid if it is not there, several are meant, or it can have no such thing at *path*.
        """
        with Control(folder) as control, Ledger(folder) as ledger:
            found = all_addressed(ledger, address)
            if len({made.urn for made in found}) > 1:
                raise UsageInvalid(_ambiguous(address, found))
            try:
                if found and path:
                    _check_fits(found[-1], address, path, value)
                made = control.drift(address, path, value) if path else control.vanish(address)
            except Unknown as error:
                raise UsageInvalid(_unknown(address)) from error
            except NoSuchPath as error:
                raise UsageInvalid(_no_such_path(address, str(error))) from error
        return _shown(made)

    def stock_out(self, folder: Path, machine_type: str, region: str | None) -> None:
        """Let no node of *machine_type* be had any more."""
        with Control(folder) as control:
            control.stock_out(machine_type, region)

    def restock(self, folder: Path, machine_type: str, region: str | None) -> bool:
        """Let nodes of *machine_type* be had again; false if none were sold out by an order."""
        with Control(folder) as control:
            return control.restock(machine_type, region)

    def pods(self, folder: Path, cluster: str, pool: str) -> int:
        """How many pods run on the nodes of *pool*, as somebody said."""
        if not (folder / FILE).exists():
            return 0
        with Control(folder) as control:
            return control.occupied(cluster, pool)


def _listed(names: Sequence[str]) -> str:
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _shown(made: Made) -> SandboxResource:
    return SandboxResource(type=made.type, name=made.name, id=made.id, region=made.region)


def _unknown(address: str) -> Diagnostic:
    return Diagnostic(
        code="sandbox-resource-unknown",
        subject=address,
        summary=f"Nothing in the sandbox has the id, name or address {address}",
        hint="`broker sandbox resources` lists what was made there.",
    )


def _ambiguous(address: str, found: Sequence[Made]) -> Diagnostic:
    return Diagnostic(
        code="sandbox-resource-ambiguous",
        subject=address,
        summary=f"{len(found)} resources in the sandbox have the address {address}; nothing was changed",
        detail="\n".join(f"{made.type} {made.id}: {made.urn}" for made in found),
        hint="Give the URN of the one that is meant, or its id if no other has it.",
    )


def _check_fits(made: Made, address: str, path: str, value: object) -> None:
    """Refuse what its cloud would not take: raises UsageInvalid, and NoSuchPath."""
    check = ShapeCheck(made.package)
    before = check.resource(made.type, made.inputs)
    after = check.resource(made.type, with_value(made.inputs, path, value))
    for wrong in after:
        if wrong not in before:
            raise UsageInvalid(_not_fitting(made, address, wrong, check.properties(made.type)))


def _not_fitting(made: Made, address: str, wrong: Finding, properties: Sequence[str]) -> Diagnostic:
    close = get_close_matches(wrong.path, properties, n=1, cutoff=0.8)
    meant = f"Did you mean {close[0]}? " if close else ""
    return Diagnostic(
        code="usage-invalid",
        subject=address,
        summary=f"{made.type} {made.name} can not be changed so: {wrong.reason}",
        hint=f"{meant}It was made with {', '.join(sorted(made.inputs))}.",
    )


def _no_such_path(address: str, path: str) -> Diagnostic:
    return Diagnostic(
        code="usage-invalid",
        subject=address,
        summary=f"{address} can have nothing at {path!r}",
        hint="A property is written like `scalingConfig.desiredSize` or `taints[0].key`.",
    )


_: type[SandboxEngine] = PulumiSandbox
