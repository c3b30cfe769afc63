"""The passphrase that encrypts secrets in the records of stacks, unless a key of a cloud does."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.storage.whole_file import unwritable, write_whole

VARIABLE = "PULUMI_CONFIG_PASSPHRASE"
BYTES = 32


def passphrase(folder: Path) -> str:
    """The user's own, from the environment or from *folder*, where it is made at the first need.

    Raises Unwritable if it can not be kept, UsageInvalid if others can read it.
    """
    stated = os.environ.get(VARIABLE)
    if stated is not None:
        return stated
    path = folder / "passphrase"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make(path)
        if path.stat().st_mode & 0o077:
            raise UsageInvalid(_readable_by_others(path))
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error


def _make(path: Path) -> None:
    """Put a new one there; of two who do so at once, one wins, and both use its passphrase."""
    trial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_whole(trial, f"{secrets.token_hex(BYTES)}\n".encode())
        with suppress(FileExistsError):
            os.link(trial, path)
    finally:
        trial.unlink(missing_ok=True)


def _readable_by_others(path: Path) -> Diagnostic:
    return Diagnostic(
        code="passphrase-exposed",
        subject=str(path),
        summary=f"{path} can be read by others: it encrypts the secrets of stacks",
        hint=f"`chmod 600 {path}`, and change the passphrase if somebody may have read it.",
    )
