"""Who signs what leaves the broker, and whose signatures it believes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Signer(Protocol):
    """The user's own key. Raises Unwritable and UsageInvalid if it can not be made, or used."""

    @property
    def key_id(self) -> str:
        """`sha256:` and the hash of the public key: the name of the signer in documents."""
        ...

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the public key (Ed25519, RFC 8032)."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature of *message*; the same message has the same signature."""
        ...


class Verifier(Protocol):
    """The keys that are believed: the user's own, and those that the user has chosen to trust."""

    def public_key(self, key_id: str) -> bytes | None:
        """The 32 bytes of the key of that name; None if it is not believed.

        Raises UsageInvalid if the keys can not be believed themselves, since others may write them.
        """
        ...

    def accepts(self, key_id: str, message: bytes, signature: bytes) -> bool:
        """Whether *signature* is that of *message* by a key that is believed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key to give to others: its *id*, and its text in PEM."""

    id: str
    pem: str


class KeyRing(Protocol):
    """The user's own key and the keys that the user trusts.

    Raises UsageInvalid for keys that others could have written or read, and for what is no key, and
    Unwritable.
    """

    @property
    def key_id(self) -> str:
        """The id of the own key, which is made if there is none."""
        ...

    def own(self) -> PublicKey | None:
        """The own key; None if none was made yet."""
        ...

    def others(self) -> Sequence[PublicKey]:
        """Those that are trusted, by id."""
        ...

    def trust(self, text: bytes, *, source: str) -> PublicKey:
        """Believe the key that *text*, read from *source*, holds from now on."""
        ...

    def distrust(self, key_id: str) -> None:
        """Believe that key no longer; nothing happens if it was not trusted."""
        ...
