"""A signer whose key never changes, and the keys that tests believe."""

from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from broker.ports.signing import Signer, Verifier
from broker.storage.keys import KeyFiles, KnownKeys, key_id_of
from broker.storage.plan_file import PlanFiles


class FixedKey:
    """Signs with the key that follows from *seed*."""

    def __init__(self, seed: int = 1) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key)

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class Believing:
    """Believes the given signers."""

    def __init__(self, *signers: FixedKey) -> None:
        self._keys = {signer.key_id: signer.public_key for signer in signers}

    def public_key(self, key_id: str) -> bytes | None:
        return self._keys.get(key_id)

    def accepts(self, key_id: str, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self._keys[key_id]).verify(signature, message)
        except (KeyError, InvalidSignature):
            return False
        return True


_signer: type[Signer] = FixedKey
_verifier: type[Verifier] = Believing


def plan_files_of(home: Path) -> PlanFiles:
    """The plan files of a user whose home is *home*, as the command line makes them."""
    keys = KeyFiles(home / ".config" / "broker" / "keys")
    return PlanFiles(keys, KnownKeys(keys))
