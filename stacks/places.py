"""Where a stack is kept: its folders, its records, and what surrounds each run of the engine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from stacks.room import Room

FILES = "file://"
LOGS_KEPT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stack is: project and name, *folder* for homes and work, *records* for what it made.

    *plugins* is where the user's own plug-ins are installed; every home shares them.
    """

    project: str
    name: str
    folder: Path
    records: str
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets_provider: str | None = None
    plugins: Path | None = None

    def room(self) -> Room:
        """For what a run of the engine writes; without anything to look at where records are not in files."""
        kept = kept_in_files(self.records)
        if kept is None or not kept.parent.is_dir():
            return Room()
        return Room(
            folders=(kept.parent, self.folder),
            reserve=kept.parent / f"{self.name}@{self.project}.reserve",  # neither name has an @
        )


def records_in(folder: Path) -> str:
    """Return the address of records in *folder*, which is made if it is not there."""
    return f"{FILES}{quote(str(made(folder)))}"


def kept_in_files(records: str) -> Path | None:
    """Return the folder in which the engine keeps its books; None if they are not in files."""
    if not records.startswith(FILES):
        return None
    path, _, _ = records.removeprefix(FILES).partition("?")
    return Path(unquote(path)) / ".pulumi"


def stacks_in(records: str, project: str) -> list[str]:
    """Return the names of the stacks of *project*, of all if it is empty; none if they are not in files."""
    kept = kept_in_files(records)
    if kept is None:
        return []
    return sorted({path.stem for path in (kept / "stacks").glob(f"{project or '*'}/*.json")})


def whole_files(records: str) -> str:
    """Keep the engine from files beside its records, which it writes in place.

    Killed meanwhile, it could not read the record itself again: "failed to load checkpoint: EOF".
    """
    return (
        f"{records}?metadata=skip" if records.startswith(FILES) and "?" not in records else records
    )


def made(folder: Path) -> Path:
    """Return *folder*, which is there now."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write(path: Path, text: str) -> None:
    """Put it there whole: another run may read it now."""
    if path.exists() and path.read_text() == text:
        return
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text)
    part.replace(path)


def share_plugins(home: Path, plugins: Path | None) -> None:
    """Let this home have the user's own plug-ins, if there are any."""
    link = home / "plugins"
    if plugins is not None and plugins.is_dir() and not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(plugins, target_is_directory=True)


def speak_directly() -> None:
    """Keep gRPC, by which program and engine speak, from asking a proxy for this computer.

    Unlike everybody else, it sends even 127.0.0.1 to the proxy that http_proxy names.
    """
    names = ("no_grpc_proxy", "no_proxy")  # it reads them in lower case only, this one first
    told = next((os.environ[name] for name in names if os.environ.get(name)), "")
    if "127.0.0.1" not in told.split(","):
        os.environ[names[0]] = ",".join(part for part in (told, "127.0.0.1") if part)


def drop_old_logs(logs: Path) -> None:
    """Keep some of the logs, of which each run writes one, encrypted; the engine removes none."""
    for old in sorted(logs.glob("*.log"), key=lambda path: path.stat().st_mtime_ns)[:-LOGS_KEPT]:
        old.unlink(missing_ok=True)


def environment_of(
    passphrase: str, told: Mapping[str, str], around: Mapping[str, str]
) -> dict[str, str]:
    """Return what every run gets beside what the SDK adds.

    Azure's tools and the engine's package call the subscription by two names: one is enough.
    """
    names = {**around, **told}
    subscription = names.get("ARM_SUBSCRIPTION_ID") or names.get("AZURE_SUBSCRIPTION_ID")
    found = {"ARM_SUBSCRIPTION_ID": subscription} if subscription else {}
    return {**found, **told, "PULUMI_CONFIG_PASSPHRASE": passphrase}
