"""Named states below the folder of the unnamed one: `workspaces/NAME`, and who is selected."""

import re
import shutil
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.ports.state_names import DEFAULT, StateNames
from broker.storage.whole_file import unwritable, write_whole

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?", re.ASCII)
"""It becomes part of names in clouds."""


class NamedStates:
    """The states in *folder*; *stated* is what the environment says, None if nothing."""

    def __init__(self, folder: Path, stated: str | None = None) -> None:
        self._folder = folder
        self._named = folder / "workspaces"
        self._selection = folder / "workspace"
        self._stated = stated

    def names(self) -> Sequence[str]:
        """One folder each."""
        if not self._named.is_dir():
            return [DEFAULT]
        made = [path.name for path in self._named.iterdir() if _NAME.fullmatch(path.name)]
        return [DEFAULT, *sorted(made)]

    def selected(self) -> str:
        """As stated, or else as written down."""
        return self._known(self._stated or self._written())

    def is_stated(self) -> bool:
        """By BROKER_WORKSPACE or -workspace."""
        return self._stated is not None

    def make(self, name: str) -> None:
        """The folder is what makes it be there."""
        if not _NAME.fullmatch(name) or name == DEFAULT:
            raise _refused(
                name,
                code="workspace-misnamed",
                summary=f"A workspace can not be called {name}",
                hint="A name has up to 30 of a-z, 0-9 and -, begins with a letter, and ends in no -.",
            )
        try:
            self._named.mkdir(parents=True, exist_ok=True)
            (self._named / name).mkdir(mode=0o700)
        except FileExistsError:
            raise _refused(
                name,
                code="workspace-exists",
                summary=f"There is a workspace {name} already",
                hint=f"`broker workspace select {name}` works on it.",
            ) from None
        except OSError as error:
            raise unwritable(self._named, error.strerror or str(error)) from error

    def select(self, name: str) -> None:
        """Write it down."""
        self._known(name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self._folder, error.strerror or str(error)) from error
        write_whole(self._selection, f"{name}\n".encode())

    def remove(self, name: str) -> None:
        """With its state, its backups and its journal."""
        self._known(name)
        if name in {DEFAULT, self.selected()}:
            raise _refused(
                name,
                code="workspace-in-use",
                summary=f"The workspace {name} can not be deleted",
                hint="Select another one first; `default` is always there.",
            )
        try:
            shutil.rmtree(self._named / name)
        except OSError as error:
            raise unwritable(self._named / name, error.strerror or str(error)) from error

    def folder(self) -> Path:
        """Where the selected one is kept; raises UsageInvalid if there is none of that name."""
        return self.folder_of(self.selected())

    def folder_of(self, name: str) -> Path:
        """Where the one of that *name* is kept."""
        return self._folder if name == DEFAULT else self._named / name

    def _written(self) -> str:
        try:
            return self._selection.read_text(encoding="utf-8").strip() or DEFAULT
        except (FileNotFoundError, NotADirectoryError):
            return DEFAULT
        except (OSError, UnicodeDecodeError) as error:
            raise unwritable(self._selection, str(error)) from error

    def _known(self, name: str) -> str:
        names = self.names()
        if name in names:
            return name
        close = get_close_matches(name, names, n=1)
        guess = f"Did you mean {close[0]}? " if close else ""
        raise _refused(
            name,
            code="workspace-unknown",
            summary=f"There is no workspace {name}",
            hint=f"{guess}`broker workspace list` shows all; `broker workspace new NAME` makes one.",
        )


_: type[StateNames] = NamedStates


def _refused(name: str, *, code: str, summary: str, hint: str) -> UsageInvalid:
    return UsageInvalid(Diagnostic(code=code, subject=name, summary=summary, hint=hint))
