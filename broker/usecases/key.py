"""`broker key`: the user's own signing key, and whose signatures are believed beside it."""

from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.ports.signing import KeyRing, PublicKey

MAXIMUM_BYTES = 64 * 1024


def own_key(ring: KeyRing) -> PublicKey:
    """The own key; raises UsageInvalid if none was made yet."""
    own = ring.own()
    if own is None:
        raise UsageInvalid(
            Diagnostic(
                code="key-missing",
                subject="broker key",
                summary="You have no signing key yet",
                hint="`broker key new` makes one, and so does the first plan that is saved.",
            )
        )
    return own


def new_key(ring: KeyRing) -> PublicKey:
    """Make the own key; raises UsageInvalid if there is one: nothing signed with it must be lost."""
    own = ring.own()
    if own is not None:
        raise UsageInvalid(
            Diagnostic(
                code="key-exists",
                subject=own.id,
                summary="You have a signing key already",
                hint="To make another, move signing.pem away first. Plans signed with the old one "
                "are refused then, unless you trust it.",
            )
        )
    ring.key_id  # noqa: B018  # makes it
    return own_key(ring)


def trust_key(ring: KeyRing, path: Path) -> PublicKey:
    """Believe the key in *path* from now on; raises UsageInvalid."""
    try:
        with path.open("rb") as stream:
            text = stream.read(MAXIMUM_BYTES)
    except OSError as error:
        raise UsageInvalid(
            Diagnostic(
                code="key-unreadable",
                subject=str(path),
                summary=f"Can not read the key {path}: {error.strerror}",
                hint="Name a file with the text that `broker key show` printed.",
            )
        ) from error
    return ring.trust(text, source=str(path))


def distrust_key(ring: KeyRing, name: str) -> PublicKey:
    """Believe the key whose id begins with *name* no longer; raises UsageInvalid unless it is one."""
    wanted = name.removeprefix("sha256:")
    found = [key for key in ring.others() if key.id.removeprefix("sha256:").startswith(wanted)]
    if len(found) != 1 or not wanted:
        raise UsageInvalid(
            Diagnostic(
                code="key-unknown",
                subject=name,
                summary=f"{'Several' if found else 'No'} trusted keys have an id that begins so",
                hint="`broker key list` shows them.",
            )
        )
    ring.distrust(found[0].id)
    return found[0]
