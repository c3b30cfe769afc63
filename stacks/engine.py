"""Where the Pulumi engine is: told by BROKER_PULUMI, on the PATH, or built once into the cache."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import EngineMissing

SETTING = "BROKER_PULUMI"
OLDEST = (3, 259, 0)
"""The oldest whose exit codes, events and repair of a broken record are known and tested here."""

MANIFESTS = Path(__file__).resolve().parent.parent / "tools" / "pulumi"
"""What the engine is built from; not there where the broker was installed from a wheel."""

VERSION_SECONDS = 30.0
PROGRAM = "pulumi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The program at *path*, which is *version* (`3.259.0`)."""

    path: Path
    version: str


def find_engine(environment: Mapping[str, str]) -> Engine:
    """Return the first that is there and new enough: as told, on the PATH, or built before.

    Builds and downloads nothing. Raises EngineMissing, which says what to install.
    """
    told = environment.get(SETTING)
    if told:
        return _told(Path(told))
    too_old: list[Engine] = []
    for path in _candidates(environment):
        version = version_of(path)
        if version and is_new_enough(version):
            return Engine(path=path, version=version)
        if version:
            too_old.append(Engine(path=path, version=version))
    raise EngineMissing(_missing(too_old))


def engine_path(environment: Mapping[str, str]) -> str | None:
    """Return where one is that was told or is there, new enough or not; starts nothing."""
    told = environment.get(SETTING)
    found = Path(told) if told else next(_candidates(environment), None)
    return None if found is None else str(found)


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where built engines are kept, outside every checkout."""
    base = environment.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return Path(base) / "gpu-broker"


def manifests_digest(manifests: Path = MANIFESTS) -> str | None:
    """Name what the engine is built from; None where that is not at hand."""
    files = [manifests / name for name in ("go.mod", "go.sum")]
    if not all(file.is_file() for file in files):
        return None
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


def built_folder(environment: Mapping[str, str], digest: str, go_version: str) -> Path:
    """Where the engine built from these manifests with this Go (`go1.26.8`) is kept."""
    return cache_folder(environment) / f"{PROGRAM}-{digest}-{go_version}"


def is_new_enough(version: str) -> bool:
    """Whether *version* (`3.259.0`, `3.260.0-alpha.1`) has what is asked of it."""
    known = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    return known is not None and tuple(map(int, known.groups())) >= OLDEST


@cache
def version_of(path: Path) -> str | None:
    """Ask a program which version it is, once; None if it does not say."""
    # Its answer goes to a home of its own: asked with the user's, it would write logs there.
    told = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": os.devnull}
    try:
        done = subprocess.run(  # noqa: S603
            [path, "version"],
            env=told,
            capture_output=True,
            text=True,
            check=False,
            timeout=VERSION_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = done.stdout.strip().removeprefix("v")
    return version if done.returncode == 0 and version else None


def _told(path: Path) -> Engine:
    version = version_of(path)
    if version is None:
        raise EngineMissing(
            Diagnostic(
                code="engine-missing",
                subject=str(path),
                summary=f"{SETTING} names no Pulumi engine: {path}",
                hint=f"Set it to the `{PROGRAM}` program itself, or unset it.",
            )
        )
    if not is_new_enough(version):
        raise EngineMissing(_missing([Engine(path=path, version=version)]))
    return Engine(path=path, version=version)


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    on_path = shutil.which(PROGRAM, path=environment.get("PATH", ""))
    if on_path:
        yield Path(on_path).resolve()
    digest = manifests_digest() or "*"
    # The newest Go first: with equal manifests, only its corrections differ.
    built = cache_folder(environment).glob(f"{PROGRAM}-{digest}-go*/bin/{PROGRAM}")
    yield from sorted(built, key=lambda path: path.parent.parent.name, reverse=True)


def _missing(too_old: list[Engine]) -> Diagnostic:
    oldest = ".".join(map(str, OLDEST))
    detail = "\n".join(f"{e.path} is {e.version}; {oldest} or newer is needed" for e in too_old)
    build = "run `make engine` (needs Go; about ten minutes, once)" if manifests_digest() else ""
    install = f"install Pulumi {oldest} or newer (https://www.pulumi.com/docs/install)"
    ways = ", or ".join(way for way in (build, install) if way)
    return Diagnostic(
        code="engine-missing",
        subject=PROGRAM,
        summary="There is no Pulumi engine, by which clouds are changed"
        if not too_old
        else "The Pulumi engine is too old",
        detail=detail,
        hint=f"{ways[0].upper()}{ways[1:]}. Everything but changing clouds works without it; `broker doctor` shows what is found.",
    )
