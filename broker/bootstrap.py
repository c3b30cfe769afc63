"""The composition root: settings and installed adapters become what the use cases take."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points as registered
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broker.catalog.merge import everything, merge
from broker.catalog.snapshot import Snapshot
from broker.domain.accelerators import Accelerator
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import InstallationConflict, UsageInvalid
from broker.domain.redaction import credentials_in
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.atlas import Atlas
from broker.ports.capacity import CapacityProvider, Connection
from broker.ports.clock import Clock
from broker.ports.installation import Installation, Program
from broker.ports.objects import Objects
from broker.ports.provisioning import Failpoint, Provisioner, Workshop, no_failpoint
from broker.ports.sandbox import SandboxCloud, SandboxEngine, SandboxPlace, SandboxRecord
from broker.ports.signing import Verifier
from broker.ports.snapshots import SnapshotStore
from broker.ports.state import Locks, StateStore
from broker.ports.state_names import DEFAULT
from broker.ports.stores import PlanStore
from broker.ports.work import LiveWork, nobody_can_tell
from broker.ports.workers import Workers
from broker.ports.workspaces import Workspace
from broker.storage.clock import StoppedClock, SystemClock
from broker.storage.examples import example_fleets as bundled_examples
from broker.storage.failpoint import Trap
from broker.storage.folder_objects import FolderObjects
from broker.storage.holders import user_and_computer
from broker.storage.installation import ThisComputer
from broker.storage.packages import check_versions, remedy
from broker.storage.passphrase import passphrase
from broker.storage.replicated_place import JournalHeads, ReplicatedPlace
from broker.storage.replicated_state import Told, untold
from broker.storage.sandbox_record import SandboxFolder
from broker.storage.snapshot_store import SnapshotFile
from broker.storage.state_names import NamedStates
from broker.storage.workspace import FolderWorkspace

if TYPE_CHECKING:
    from broker.storage.journal_store import JournalFile
    from broker.storage.keys import KeyFiles
    from broker.storage.object_journal import JournalObjects

PROVIDERS = "gpu_broker.providers"
SANDBOXES = "gpu_broker.sandboxes"
SANDBOX_ENGINES = "gpu_broker.sandbox_engines"
ATLASES = "gpu_broker.atlases"
OBJECTS = "gpu_broker.objects"
PROVISIONERS = "gpu_broker.provisioners"
PROGRAMS = "gpu_broker.programs"
LIVE_WORK = "gpu_broker.live_work"
BUNDLED = "listprices"
"""The provider that knows prices without asking anybody."""

STATE = Path(".broker")
"""Where a folder keeps what the broker has found out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says: BROKER_PROVIDERS and BROKER_ATLAS choose among the installed.

    *providers* is None for all of them.
    """

    providers: tuple[str, ...] | None = None
    atlas: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read them; an empty variable is one that is not set."""
        names = environment.get("BROKER_PROVIDERS", "").replace(",", " ").split()
        return cls(providers=tuple(names) or None, atlas=environment.get("BROKER_ATLAS") or None)


def clock(environment: Mapping[str, str] = os.environ) -> Clock:
    """The clock of the machine, or one stopped at BROKER_NOW; raises UsageInvalid."""
    text = environment.get("BROKER_NOW")
    return StoppedClock(_instant(text)) if text else SystemClock()


def workers() -> Workers:
    """Processes of this computer."""
    from broker.storage.worker_processes import WorkerProcesses

    return WorkerProcesses()


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UsageInvalid(
        Diagnostic(
            code="setting-invalid",
            subject="BROKER_NOW",
            summary=f"{text!r} is not an instant with its time zone",
            hint="Write it as 2026-12-01T08:00:00Z, or unset BROKER_NOW.",
        )
    )


def installation() -> Installation:
    """The computer at hand."""
    return ThisComputer()


def programs() -> list[Program]:
    """What installed adapters would start, by name; raises InstallationConflict."""
    points = sorted(entry_points(PROGRAMS), key=lambda point: point.name)
    return [program for point in points for program in load(point)]


def workspace(folder: Path) -> Workspace:
    """The user's folder on this computer."""
    return FolderWorkspace(folder)


def example_fleets() -> dict[str, str]:
    """The text of each example fleet, by name."""
    return bundled_examples()


def sandbox_place() -> SandboxPlace:
    """Where the current folder remembers its sandbox."""
    return SandboxFolder(STATE)


def sandbox_clouds(names: Sequence[str] = ()) -> list[SandboxCloud]:
    """The installed stand-ins of those names, or all; raises what `providers` raises."""
    installed = {point.name: point for point in entry_points(SANDBOXES)}
    points = [
        _one_of(installed, name, code="provider-not-installed")
        for name in names or sorted(installed)
    ]
    return [load(point)() for point in points]


def sandbox_engines() -> list[SandboxEngine]:
    """What stands in for the clouds of each installed provisioner; raises InstallationConflict."""
    points = sorted(entry_points(SANDBOX_ENGINES), key=lambda point: point.name)
    return [load(point)() for point in points]


def sandbox_folder() -> Path:
    """Where the sandbox of the current folder keeps what was made in it."""
    return STATE / "sandbox"


def sandbox() -> SandboxRecord | None:
    """The sandbox of the current folder, if it has one: running, or ended and not stopped."""
    return sandbox_place().record()


def sandbox_notice() -> list[Diagnostic]:
    """That what is shown is made up, where it is."""
    notice = _of_sandbox(
        code="sandbox-prices",
        summary="What is known of these clouds comes from the sandbox, not from the clouds",
        hint="`broker sandbox stop` returns to what was known before.",
    )
    return notice if notice and snapshot_store().refreshed_at() is not None else []


def stand_in_notice() -> list[Diagnostic]:
    """That no real cloud is asked, or changed, where that is so: for whoever does either."""
    return _of_sandbox(
        code="sandbox-clouds",
        summary="The sandbox stands in for these clouds: they are not asked, and not changed",
        hint="`broker sandbox stop` returns to the clouds themselves.",
    )


def _of_sandbox(*, code: str, summary: str, hint: str) -> list[Diagnostic]:
    """A warning about the sandbox, if there is one."""
    record = sandbox()
    if record is None:
        return []
    clouds = ", ".join(record.clouds)
    warning = Severity.WARNING
    return [Diagnostic(severity=warning, code=code, subject=clouds, summary=summary, hint=hint)]


def keys(environment: Mapping[str, str] = os.environ) -> "KeyFiles":
    """The user's own signing key and those that the user trusts."""
    from broker.storage.keys import KeyFiles

    return KeyFiles(_config_folder(environment) / "keys")


def _config_folder(environment: Mapping[str, str] = os.environ) -> Path:
    # A relative path is to be ignored, says the XDG base directory specification.
    stated = Path(environment.get("XDG_CONFIG_HOME", ""))
    config = stated if stated.is_absolute() else Path(environment.get("HOME", "/")) / ".config"
    return config / "broker"


def verifier(environment: Mapping[str, str] = os.environ) -> Verifier:
    """Believes the user's own key and the trusted ones."""
    from broker.storage.keys import KnownKeys

    return KnownKeys(keys(environment))


def plan_files(environment: Mapping[str, str] = os.environ) -> PlanStore:
    """Saved plans, signed by the user."""
    from broker.storage.plan_file import PlanFiles

    secrets = credentials_in(environment)
    return PlanFiles(keys(environment), verifier(environment), secrets=secrets)


def journal(environment: Mapping[str, str] = os.environ) -> "JournalFile | JournalObjects":
    """What was done to the fleet of the current folder; a sandbox has its own.

    It is where the state is: several computers that share the one have one journal too. Raises what
    `state_store` raises.
    """
    shared = state_place().shared()
    if shared is not None:
        return journal_in(shared, environment)
    from broker.storage.journal_store import JournalFile

    credentials = credentials_in(environment)
    return JournalFile(state_names().folder(), keys(environment), clock(), credentials=credentials)


def journal_in(shared: Objects, env: Mapping[str, str] = os.environ) -> "JournalObjects":
    """The journal that is kept in a place that several computers share."""
    from broker.storage.object_journal import JournalObjects

    return JournalObjects(shared, keys(env), clock(), credentials=credentials_in(env))


def snapshot_store() -> SnapshotStore:
    """What the clouds said at the last refresh in the current folder; a sandbox has its own."""
    return SnapshotFile(STATE if sandbox() is None else STATE / "sandbox")


def state_names() -> NamedStates:
    """The workspaces of the current folder; a sandbox has its own. BROKER_WORKSPACE chooses one."""
    base = STATE if sandbox() is None else STATE / "sandbox"
    return NamedStates(base, os.environ.get("BROKER_WORKSPACE") or None)


def workspace_of_fleet() -> str | None:
    """The selected workspace, None for the one that is always there."""
    selected = state_names().selected()
    return None if selected == DEFAULT else selected


def state_store(workspace: str | None = None, told: Told = untold) -> StateStore:
    """What is recorded of the fleet of *workspace*, or of the selected one.

    BROKER_STATE puts it into a place that several computers share; a sandbox stays here. Raises
    UsageInvalid if there is no such workspace, or no such place, and InstallationConflict. *told* hears
    of copies to BROKER_STATE_REPLICA that fail.
    """
    return state_place().store(workspace, told)


def locks() -> Locks:
    """The lock on the selected state; raises what `state_store` raises."""
    return state_place().locks()


def state_place() -> ReplicatedPlace:
    """Where the states of the current folder are kept; raises UsageInvalid where it is asked.

    BROKER_STATE_REPLICA is where each write is copied; a sandbox has no replica.
    """
    said: Mapping[str, str] = os.environ if sandbox() is None else {}
    address, replica = said.get("BROKER_STATE", ""), said.get("BROKER_STATE_REPLICA", "")
    points = entry_points(OBJECTS) if address or replica else ()
    kinds = {"file": FolderObjects, **{point.name: load(point) for point in points}}
    head = JournalHeads(journal)
    return ReplicatedPlace(state_names(), clock(), address, kinds, replica, head)


def has_stacks() -> bool:
    """Whether an engine was ever at work in this folder, or perhaps where BROKER_STACKS says."""
    return bool(os.environ.get("BROKER_STACKS")) or _stacks_folder().exists()


def _stacks_folder() -> Path:
    return state_names().folder() / "stacks"


def provisioner(at: Failpoint = no_failpoint, *, timeout_seconds: float = 3600.0) -> Provisioner:
    """The engine that changes clouds; a folder with a sandbox changes nothing but the sandbox.

    BROKER_PROVISIONER chooses among the installed. BROKER_STACKS names where records of stacks are
    kept (file, s3, azblob, gs or postgres address), BROKER_SECRETS_PROVIDER the key that encrypts
    their secrets. Raises UsageInvalid, InstallationConflict, and Unwritable for the passphrase.
    """
    check_versions()
    record = sandbox()
    if record is not None:
        _lead_to(record)
    elif os.environ.get("BROKER_STATE") and not os.environ.get("BROKER_STACKS"):
        raise UsageInvalid(_stacks_not_shared())
    installed = {point.name: point for point in entry_points(PROVISIONERS)}
    name = _provisioner_name()
    connect = load(_one_of(installed, name, code="provisioner-not-installed"))
    made: Provisioner = connect(
        Workshop(
            folder=_stacks_folder().resolve(),
            backend=os.environ.get("BROKER_STACKS") or None,
            environment={} if record is None else record.environment,
            passphrase=passphrase(_config_folder()),
            secrets_provider=os.environ.get("BROKER_SECRETS_PROVIDER") or None,
            timeout_seconds=timeout_seconds,
            failpoint=at,
        )
    )
    return made


def _provisioner_name() -> str:
    names = sorted(point.name for point in entry_points(PROVISIONERS))
    return os.environ.get("BROKER_PROVISIONER") or next(iter(names), "")


def _stacks_not_shared() -> Diagnostic:
    return Diagnostic(
        code="stacks-not-shared",
        subject="BROKER_STACKS",
        summary="BROKER_STATE is shared by several computers, and the records of stacks are not",
        detail="Another computer would make again what this one has made.",
        hint="Set BROKER_STACKS to a place that all of them reach: s3://BUCKET/stacks.",
    )


def failpoint(environment: Mapping[str, str] = os.environ) -> Failpoint:
    """What BROKER_FAILPOINT arms, for tests: `NAME` or `NAME:N`, the N-th time it is passed."""
    armed = environment.get("BROKER_FAILPOINT")
    return no_failpoint if not armed else Trap(armed)


def live_work() -> LiveWork:
    """Who can tell what runs on a member: its sandbox, if it is one, else who comes with the provisioner.

    Raises InstallationConflict.
    """
    if sandbox() is None:
        tellers = {point.name: point for point in entry_points(LIVE_WORK)}
        chosen = tellers.get(_provisioner_name())
        return nobody_can_tell if chosen is None else load(chosen)
    from broker.usecases.sandbox import sandbox_work

    return sandbox_work(sandbox_engines(), sandbox_folder())


def who() -> str:
    """The user and the computer, as locks and the journal name them: `ann@desk`."""
    return user_and_computer()


def snapshot(settings: Settings | None = None) -> Snapshot:
    """What the last refresh kept, and the bundled list prices of clouds that never answered one.

    Raises what `bundled_snapshot` raises; CatalogInvalid too for a damaged store.
    """
    chosen = settings or Settings.from_environment()
    every = snapshot_store().results()
    # A cloud of which no region ever answered, for want of credentials, is as if never asked.
    refreshed = {r.region.provider for r in every if r.offers or r.status is RegionStatus.OK}
    kept = [result for result in every if result.region.provider in refreshed]
    facts = atlas(chosen)
    if refreshed.issuperset(region.key.provider for region in facts.regions()):
        return merge(kept, facts)
    bundled = [result for result in _bundled(chosen) if result.region.provider not in refreshed]
    return merge([*kept, *bundled], facts)


def bundled_snapshot(settings: Settings | None = None) -> Snapshot:
    """The list prices that come with the broker, whatever was refreshed.

    Raises InstallationConflict, CatalogInvalid, and UsageInvalid for a provider that is not there.
    """
    chosen = settings or Settings.from_environment()
    return merge(_bundled(chosen), atlas(chosen))


def _bundled(settings: Settings) -> list[RegionResult]:
    points = [*_points(settings), *_points(Settings(providers=(BUNDLED,)))]
    return everything(load(points[-1])(Connection(clock=clock())))


def providers(
    settings: Settings | None = None, *, region_seconds: float = 30.0
) -> list[CapacityProvider]:
    """Those to ask for a refresh; raises InstallationConflict and UsageInvalid.

    Without BROKER_PROVIDERS, all that are installed but the bundled tables, which know nothing new.
    Where the folder has a sandbox, the clouds that it stands in for, and no others; raises
    UsageInvalid if it has ended.
    """
    connection = Connection(clock=clock(), region_seconds=region_seconds)
    chosen = settings or Settings.from_environment()
    record = sandbox()
    if record is not None:
        _lead_to(record)
        chosen = replace(chosen, providers=record.clouds)
    return [load(point)(connection) for point in _points(chosen)]


def _lead_to(record: SandboxRecord) -> None:
    """Let adapters find the sandbox, and no cloud beside it."""
    if not sandbox_place().is_running():
        raise UsageInvalid(
            Diagnostic(
                code="sandbox-gone",
                subject="broker sandbox",
                summary="The sandbox of this folder has ended without being stopped",
                hint="`broker sandbox stop` forgets it, and `broker sandbox start` runs another; "
                "no real cloud is asked in its place.",
            )
        )
    os.environ.update(record.environment)


def _points(settings: Settings) -> list[EntryPoint]:
    check_versions()
    installed = {point.name: point for point in entry_points(PROVIDERS)}
    names = settings.providers
    if names is None:
        names = tuple(sorted({*installed} - {BUNDLED}))
    return [_one_of(installed, name, code="provider-not-installed") for name in names]


def atlas(settings: Settings | None = None) -> Atlas:
    """The installed atlas; of several, the one that BROKER_ATLAS names, else the first by name."""
    check_versions()
    chosen = settings or Settings.from_environment()
    installed = {point.name: point for point in entry_points(ATLASES)}
    name = chosen.atlas or next(iter(sorted(installed)), "listprices")
    loaded: Atlas = load(_one_of(installed, name, code="atlas-not-installed"))()
    return loaded


def accelerators(settings: Settings | None = None) -> Sequence[Accelerator]:
    """Every accelerator known by name, offered or not."""
    return atlas(settings).accelerators()


def entry_points(group: str) -> Iterator[EntryPoint]:
    """The adapters registered under *group*."""
    yield from registered(group=group)


_CHOOSES = {
    "provider": "BROKER_PROVIDERS",
    "atlas": "BROKER_ATLAS",
    "provisioner": "BROKER_PROVISIONER",
}


def _one_of(installed: dict[str, EntryPoint], name: str, *, code: str) -> EntryPoint:
    if name in installed:
        return installed[name]
    what = code.removesuffix("-not-installed")
    raise UsageInvalid(
        Diagnostic(
            code=code,
            subject=name,
            summary=f"No {what} named {name} is installed" if name else f"No {what} is installed",
            hint=f"Installed: {', '.join(sorted(installed)) or 'none'}. "
            f"{_CHOOSES[what]} chooses among them.",
        )
    )


def load(point: EntryPoint) -> Any:
    """What *point* names; raises InstallationConflict if it can not be imported."""
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise InstallationConflict(
            Diagnostic(
                code="adapter-unloadable",
                subject=f"{point.group}:{point.name}",
                summary=f"The installed adapter {point.name} can not be loaded: {error}",
                hint=remedy(point, error, sandbox=point.group == SANDBOXES),
            )
        ) from error
