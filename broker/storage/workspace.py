"""A user's folder on the local disk."""

from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Unwritable
from broker.ports.workspaces import Workspace
from broker.storage.whole_file import unwritable


class FolderWorkspace:
    """Files in *folder*, which is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, name: str) -> str | None:
        """Read it as UTF-8."""
        path = self._folder / name
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise unwritable(path, _reason(error)) from error

    def create(self, name: str, text: str) -> str:
        """Never writes over a file, even one that appears at the same moment."""
        path = self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError as error:
            raise _exists(path if path.exists() else self._folder) from error
        except OSError as error:
            raise unwritable(path, _reason(error)) from error
        return str(path)

    def append(self, name: str, text: str) -> str:
        """Write at the end."""
        path = self._folder / name
        try:
            with path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            raise unwritable(path, _reason(error)) from error
        return str(path)


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error.strerror)


def _exists(path: Path) -> Unwritable:
    return Unwritable(
        Diagnostic(
            code="file-exists",
            subject=str(path),
            summary=f"{path} is there already; nothing was written",
            hint="Move it away, or name another folder: `broker init DIR`.",
        )
    )


_: type[Workspace] = FolderWorkspace
