"""Who signs what leaves the broker, and whose signatures it believes."""

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
