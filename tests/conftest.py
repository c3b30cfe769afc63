"""What every test gets: a clean environment, and no network beyond this computer."""

import ipaddress
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
"""How long an example takes depends on what else the computer does: no test is about that."""

ROOT = Path(__file__).parent.parent

OPEN = tempfile.gettempdir()
"""Where other users may go, which they may not in the folders of pytest."""

NOISE = ("CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR")
"""Variables by which a terminal or a CI system would change what is printed."""


class NetworkForbidden(AssertionError):
    """A test tried to reach another computer."""


def _is_here(host: Any) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _refuse_other_computers(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    else:
        return
    if not _is_here(host):
        message = f"{event} to {host!r}: tests use this computer only"
        raise NetworkForbidden(message)


sys.addaudithook(_refuse_other_computers)

signal.signal(signal.SIGINT, signal.default_int_handler)
"""Ctrl-C works here and in what tests start, even in a background job, which begins without it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that last for minutes: begun last, one of them has a worker to itself."""
    items.sort(key=lambda item: ROOT / "tests" / "faults" not in item.path.parents)


@pytest.fixture(scope="session", autouse=True)
def no_real_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fixtures of whole modules leave the user's keys alone too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("XDG_CONFIG_HOME", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def own_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is left there goes when pytest clears its own folders, even if the tests were killed."""
    folder = str(tmp_path_factory.mktemp("temporary"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setattr("tempfile.tempdir", folder)
        yield


@pytest.fixture(autouse=True)
def clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A home of its own, no settings, no colour wishes, and proxies that lead nowhere."""
    for name in list(os.environ):
        if name in NOISE or name.startswith(("BROKER_", "_BROKER", "PYTEST_ADDOPTS", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")


Broker = Callable[..., subprocess.CompletedProcess[str]]
"""`broker("plan", "-json", cwd=..., env=...)` as a process of its own, its output captured."""


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    """The command line, in an empty folder unless *cwd* is given; *env* is added."""

    def run(
        *arguments: str, cwd: Path = tmp_path, env: dict[str, str] | None = None, **attrs: Any
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "broker", *arguments],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **attrs,
        )

    return run
