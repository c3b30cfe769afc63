"""Runs commands as a reader of one document would, in folders that are thrown away."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

NOW = "2026-11-25T00:00:00Z"
"""The instant of all documents: the age of prices does not change from day to day."""

Answer = tuple[str, int]


def environment(home: Path) -> dict[str, str]:
    """What a command finds: the broker first on the PATH, a stopped clock, nothing of the user."""
    return {
        "BROKER_NOW": NOW,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "TERM": "xterm-256color",
    }


class Session:
    """The folders of one document: copies of examples, and new ones.

    *known* remembers answers of commands that changed no file, for all sessions that share it.
    """

    def __init__(self, folder: Path, known: dict[tuple[str, str, int], Answer]) -> None:
        self._folder = folder
        self._known = known
        self._exit_code = 0
        shutil.copytree(ROOT / "examples", folder / "examples")

    def run(self, name: str, command: str) -> str:
        """Everything *command* prints in the folder *name*, which is made if it is not there."""
        place = self._folder / name
        place.mkdir(parents=True, exist_ok=True)
        before = _digest(place)
        key = (before, command, self._exit_code)
        output, code = self._known.get(key) or self._answer(place, command)
        if _digest(place) == before:
            self._known[key] = (output, code)
        self._exit_code = code
        return output

    def _answer(self, place: Path, command: str) -> Answer:
        done = subprocess.run(
            ["/bin/sh", "-c", f"(exit {self._exit_code}); {command}"],
            cwd=place,
            env=environment(self._folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if re.search(r"\binternal-error\b|not found$", done.stdout, re.MULTILINE):
            message = f"$ {command}\n{done.stdout}"
            raise RuntimeError(message)
        return done.stdout.replace(str(self._folder) + os.sep, ""), done.returncode


def _digest(folder: Path) -> str:
    """Of the names and contents of all files."""
    total = hashlib.sha256(str(folder.name).encode())
    for path in sorted(folder.rglob("*")):
        total.update(f"{path.relative_to(folder)}\0".encode())
        total.update(path.read_bytes() if path.is_file() else b"")
    return total.hexdigest()
