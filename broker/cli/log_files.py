"""Which files are read and written, which databases opened, which programs started: from Python itself."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

LOGGER = logging.getLogger("broker.files")

OF_PYTHON = tuple({os.path.realpath(folder) for folder in (sys.prefix, sys.base_prefix)})
OF_SYSTEMS = ("/dev/", "/proc/", "/sys/", "/etc/", "/usr/")
CODE = (".py", ".pyc", ".pth", ".so", ".typed", ".dist-info", "METADATA", "entry_points.txt")

_STATE: dict[str, bool] = {"is_hooked": False, "is_told": False}
"""A hook stays for as long as the process does: it is set once, and asked to be silent between."""

_BUSY = local()


@contextmanager
def files_told() -> Iterator[None]:
    """Log files while the block runs."""
    if not LOGGER.isEnabledFor(logging.DEBUG):
        yield
        return
    if not _STATE["is_hooked"]:
        sys.addaudithook(_hear)
        _STATE["is_hooked"] = True
    _STATE["is_told"] = True
    try:
        yield
    finally:
        _STATE["is_told"] = False


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    """Take an event of the interpreter; whatever telling of it does is no event itself."""
    if not _STATE["is_told"] or event not in _TELLING or getattr(_BUSY, "is_so", False):
        return
    _BUSY.is_so = True
    try:
        _TELLING[event](*arguments)
    finally:
        _BUSY.is_so = False


def _opened(path: object, mode: object, _flags: object) -> None:
    if isinstance(path, (str, bytes, os.PathLike)) and isinstance(mode, str):
        act = "opens to read" if set(mode).isdisjoint("wax+") else "opens to write"
        _tell(act, path)


def _renamed(_source: object, target: object, *_: object) -> None:
    if isinstance(target, (str, bytes, os.PathLike)):
        _tell("puts in place", target)


def _connected(database: object) -> None:
    if isinstance(database, (str, bytes, os.PathLike)):
        _tell("opens the database", database)


def _started(program: object, *_: object) -> None:
    """The program alone: its arguments may be secret."""
    LOGGER.debug("starts a program", extra={"facts": {"program": os.fsdecode(str(program))}})


def _tell(act: str, path: "str | bytes | os.PathLike[Any]") -> None:
    name = os.fsdecode(path)
    if name.endswith(CODE) or name.startswith(OF_SYSTEMS):
        return
    if os.path.realpath(name).startswith(OF_PYTHON):
        return
    LOGGER.debug(act, extra={"facts": {"file": name}})


_TELLING: dict[str, Callable[..., None]] = {
    "open": _opened,
    "os.rename": _renamed,
    "sqlite3.connect": _connected,
    "subprocess.Popen": _started,
}
