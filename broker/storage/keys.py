"""The user's signing key and the keys that the user trusts, as files.

    keys/signing.pem     Ed25519, PKCS #8, mode 0600, made when it is needed first
    keys/trusted/*.pub   public keys of others: CI, colleagues

They belong to the user, not to a working folder: a folder that is copied or committed must not take
a key along.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.ports.signing import KeyRing, PublicKey, Signer, Verifier
from broker.storage.whole_file import unwritable, write_whole

OTHERS_READ = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
NO_PLACE = "The key is kept there. Make the folder writable, or set XDG_CONFIG_HOME to one that is."


class KeyFiles:
    """The keys in *folder*, which is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "signing.pem"
        self._trusted = folder / "trusted"

    @property
    def key_id(self) -> str:
        """The hash of the key as SubjectPublicKeyInfo."""
        return key_id_of(self.public_key)

    @property
    def public_key(self) -> bytes:
        """That of the own key, which is made if there is none."""
        return self._own.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Sign with the own key."""
        return self._own.sign(message)

    def own(self) -> PublicKey | None:
        """The own key; None if none was made yet."""
        return _public(self._own.public_key()) if self._file.exists() else None

    def trust(self, text: bytes, *, source: str) -> PublicKey:
        """Believe the key in *text* from now on; nothing is kept of the own one, which is believed."""
        key = _public(_public_key(text[max(text.find(b"-----BEGIN"), 0) :], source))
        if key == self.own():
            return key
        self._make_folder(self._trusted)
        write_whole(self._file_of(key.id), key.pem.encode())
        return key

    def distrust(self, key_id: str) -> None:
        """Remove the file of that key."""
        try:
            self._file_of(key_id).unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self._trusted, error.strerror or str(error)) from error

    def others(self) -> Sequence[PublicKey]:
        """The keys in the folder of trusted ones, but the own one."""
        keys = [_public(Ed25519PublicKey.from_public_bytes(key)) for key in self.trusted().values()]
        own = self.own()
        return [key for key in keys if key != own]

    def _file_of(self, key_id: str) -> Path:
        return self._trusted / f"{key_id.removeprefix('sha256:')}.pub"

    def trusted(self) -> Mapping[str, bytes]:
        """The keys of others, by id; raises UsageInvalid if somebody else could have put them."""
        found = {}
        if self._trusted.is_dir():
            _refuse_open(self._trusted, OTHERS_WRITE, "write into")
            for path in sorted(self._trusted.glob("*.pub")):
                _refuse_open(path, OTHERS_WRITE, "write")
                key = _public_key(_content(path), str(path)).public_bytes_raw()
                found[key_id_of(key)] = key
        return found

    def public_key_of(self, key_id: str) -> bytes | None:
        """The own key, or a trusted one."""
        if self._file.exists() and key_id == self.key_id:
            return self.public_key
        return self.trusted().get(key_id)

    @cached_property
    def _own(self) -> Ed25519PrivateKey:
        if not self._file.exists():
            self._create()
        return self._load()

    def _load(self) -> Ed25519PrivateKey:
        _refuse_open(self._folder, OTHERS_WRITE, "write into")
        _refuse_open(self._file, OTHERS_READ, "read")
        try:
            key = load_pem_private_key(_content(self._file), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise UsageInvalid(_damaged(str(self._file))) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UsageInvalid(_damaged(str(self._file)))
        return key

    def _create(self) -> None:
        """Make a key; of two who do so at once, one wins, and both use its key."""
        self._make_folder(self._folder)
        key = Ed25519PrivateKey.generate()
        content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            descriptor, temporary = tempfile.mkstemp(prefix=".signing.", dir=self._folder)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
                with suppress(FileExistsError):
                    os.link(temporary, self._file)
            finally:
                Path(temporary).unlink()
        except OSError as error:
            why = error.strerror or str(error)
            raise unwritable(self._file, why, hint=NO_PLACE) from error

    def _make_folder(self, folder: Path) -> None:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error.strerror or str(error), hint=NO_PLACE) from error


class KnownKeys:
    """Believes the keys in *files*."""

    def __init__(self, files: KeyFiles) -> None:
        self._files = files

    def public_key(self, key_id: str) -> bytes | None:
        """The own key, or a trusted one."""
        return self._files.public_key_of(key_id)

    def accepts(self, key_id: str, message: bytes, signature: bytes) -> bool:
        """As RFC 8032 says."""
        key = self.public_key(key_id)
        if key is None:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


_signer: type[Signer] = KeyFiles
_ring: type[KeyRing] = KeyFiles
_verifier: type[Verifier] = KnownKeys


def key_id_of(public_key: bytes) -> str:
    """The name of a key: the hash of its SubjectPublicKeyInfo, as `openssl` can compute it too."""
    key = Ed25519PublicKey.from_public_bytes(public_key)
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "sha256:" + hashlib.sha256(info).hexdigest()


def _public(key: Ed25519PublicKey) -> PublicKey:
    info = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(id=key_id_of(key.public_bytes_raw()), pem=info.decode())


def _public_key(text: bytes, source: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageInvalid(_not_public(text, source)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageInvalid(_not_public(text, source))
    return key


def _not_public(text: bytes, source: str) -> Diagnostic:
    hint = "Take the text that `broker key show` prints where the plans are signed."
    if b"PRIVATE KEY" in text:
        hint = f"That is a private key, which must not be given away. {hint}"
    return Diagnostic(
        code="key-damaged",
        subject=source,
        summary=f"{source} holds no public Ed25519 key in PEM",
        hint=hint,
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageInvalid(
            Diagnostic(
                code="key-unreadable",
                subject=str(path),
                summary=f"Can not read the key {path}: {error.strerror}",
                hint="Make it readable for you, and for you alone.",
            )
        ) from error


def _refuse_open(path: Path, rights: int, what: str) -> None:
    """Raise UsageInvalid if others than the user have one of *rights*, or own it."""
    status = path.stat()
    if status.st_mode & rights or status.st_uid not in {os.geteuid(), 0}:
        raise UsageInvalid(
            Diagnostic(
                code="key-exposed",
                subject=str(path),
                summary=f"Others can {what} {path}, so what it signs proves nothing",
                hint=f"`chmod go-rwx {path}`, and if somebody may have used it, remove the key: the "
                "next plan makes another.",
            )
        )


def _damaged(source: str) -> Diagnostic:
    return Diagnostic(
        code="key-damaged",
        subject=source,
        summary=f"{source} holds no Ed25519 key in PEM",
        hint="Put back the file as it was. To make a new key of your own, remove it; plans signed with "
        "the old one are refused then.",
    )
