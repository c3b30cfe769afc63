"""The computer at hand."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata

from broker.ports.installation import Installation

PATIENCE_SECONDS = 20
SETTING_PREFIX = "BROKER_"

DISTRIBUTION = "gpu-broker"
GATHERING = "all"
_OF_EXTRA = re.compile(r"""(?P<name>[\w.-]+).*;.*\bextra\s*==\s*['"](?P<extra>[^'"]+)['"].*""")


class ThisComputer:
    """Looks at the running interpreter, its libraries, and the programs on the PATH."""

    def python(self) -> str:
        """Of the running interpreter."""
        return platform.python_version()

    def library(self, distribution: str, module: str) -> str | None:
        """Imports in a process of its own: a solver is heavy, and may be broken."""
        version = self.version(distribution)
        if version is None:
            return None
        imported = _output([sys.executable, "-I", "-c", f"import {module}; print('yes')"])
        return version if imported == "yes" else None

    def version(self, distribution: str) -> str | None:
        """By its metadata."""
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            return None

    def extras(self) -> Mapping[str, tuple[str, ...]]:
        """By the broker's own metadata; one that only gathers others (`all`) is none of them."""
        added: dict[str, set[str]] = {}
        for requirement in metadata.requires(DISTRIBUTION) or ():
            if stated := _OF_EXTRA.fullmatch(requirement):
                added.setdefault(stated["extra"], set()).add(stated["name"])
        return {
            name: tuple(sorted(distributions))
            for name, distributions in sorted(added.items())
            if name != GATHERING
        }

    def program(self, name: str, *arguments: str) -> str | None:
        """Run it, if it is there."""
        path = shutil.which(name)
        return None if path is None else _output([path, *arguments])

    def terminal(self) -> str | None:
        """By stdout."""
        if not sys.stdout.isatty():
            return None
        columns = shutil.get_terminal_size().columns
        return f"{os.environ.get('TERM', 'unnamed')}, {columns} columns, {sys.stdout.encoding}"

    def settings(self) -> dict[str, str]:
        """By their prefix."""
        return {k: v for k, v in sorted(os.environ.items()) if k.startswith(SETTING_PREFIX)}


def _output(command: list[str]) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603  # fixed arguments, no shell
            command,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.partition("\n")[0].strip()


_: type[Installation] = ThisComputer
