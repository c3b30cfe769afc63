"""Copies of the states that were, each a file of its own that `broker state push` takes."""

import re
from pathlib import Path

from broker.storage.sqlite_errors import refused_by_disk
from broker.storage.whole_file import write_whole

KEPT = 20

_NAME = re.compile(r"state-(\d+)\.json", re.ASCII)


class StateBackups:
    """The newest copies in *folder*, one per serial."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, serial: int, text: str) -> None:
        """Write the copy, which is on the disk when this returns; raises Unwritable."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise refused_by_disk(self._folder, error) from error
        write_whole(self._folder / f"state-{serial}.json", f"{text}\n".encode())

    def prune(self) -> None:
        """Remove the oldest; one that can not be removed stays."""
        for path in self.files()[:-KEPT]:
            try:
                path.unlink(missing_ok=True)
            except OSError:
                continue

    def files(self) -> list[Path]:
        """All of them, oldest first."""
        if not self._folder.is_dir():
            return []
        found = {path: _NAME.fullmatch(path.name) for path in self._folder.iterdir()}
        serials = {path: int(match[1]) for path, match in found.items() if match}
        return sorted(serials, key=lambda path: serials[path])

    def newest(self) -> Path | None:
        """The copy with the highest serial."""
        files = self.files()
        return files[-1] if files else None

    def newest_serial(self) -> int:
        """Its serial; 0 if there is none."""
        newest = self.newest()
        return 0 if newest is None else int(newest.stem.removeprefix("state-"))

    def set_aside(self, file: Path, name: str) -> None:
        """Move a damaged *file* here under *name*, so that nothing of it is lost."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for suffix in ("", "-wal", "-shm"):
                part = file.with_name(file.name + suffix)
                if part.exists():
                    part.replace(self._folder / (name + suffix))
        except OSError as error:
            raise refused_by_disk(self._folder, error) from error
