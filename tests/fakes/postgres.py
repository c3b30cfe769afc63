"""A PostgreSQL of its own on this computer: the real one, as Debian packages it."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import OPEN

PACKAGED = Path("/usr/lib/postgresql")
"""Debian has the server's programs there, by version, and not on the PATH."""

USER = "broker"
READY_SECONDS = 30.0

WATCHED = """\
folder=$1; shift
"$@" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server
rm -r "$folder"
"""
"""When the pipe to this shell ends, with the tests, however these end, the server and its files go."""


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database."""
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="broker-postgres-", dir=OPEN) as folder:
        owner = _owner(Path(folder))
        data, port = f"{folder}/data", _free_port()
        made = [f"{programs}/initdb", "-D", data, "-U", USER, "--auth=trust", "--no-sync"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **owner)
        server = [
            f"{programs}/postgres",
            "-D",
            data,
            "-p",
            f"{port}",
            "-h",
            "127.0.0.1",
            "-k",
            "",
            "-F",
        ]
        with subprocess.Popen(
            ["/bin/sh", "-c", WATCHED, "sh", folder, *server],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **owner,
        ) as shell:
            try:
                _await(programs, port, shell)
                yield f"postgres://{USER}@127.0.0.1:{port}/postgres?sslmode=disable"
            finally:
                assert shell.stdin is not None
                shell.stdin.close()
                shell.wait(READY_SECONDS)


def _programs() -> Path:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    packaged = sorted(PACKAGED.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    assert packaged, "PostgreSQL is not installed: apt-get install postgresql"
    return packaged[-1].parent


def _owner(folder: Path) -> dict[str, Any]:
    """As whom to run it: it refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, "nobody", "nogroup")
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(programs: Path, port: int, shell: "subprocess.Popen[bytes]") -> None:
    asked = [f"{programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", f"{port}"]
    end = time.monotonic() + READY_SECONDS
    while subprocess.run(asked, check=False).returncode:
        assert shell.poll() is None
        assert time.monotonic() < end, "PostgreSQL does not start"
        time.sleep(0.05)
