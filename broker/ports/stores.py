"""Where results are kept."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from broker.domain.ids import ClusterName
from broker.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class StackBinding:
    """What one stack starts from (*checkpoint*, None without a stack) and the digest of its *steps*."""

    member: ClusterName
    checkpoint: str | None
    steps: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """What a saved plan was computed from, and the bounds within which it may be carried out.

    *lineage* and *serial* are those of the state it starts from. Without one they are None and 0, and
    *place* is where one would be kept; of a state that has a lineage it may be moved. *spec*,
    *snapshot*, *policy* and *desired* are digests; *tool* is the broker's version. *price_tolerance*
    is the share by which the total may rise until it is applied, *cost_cap* the most that a month may
    cost whatever happens. *stacks* are the approved steps of each member, *replace* the addresses
    that were asked to be made anew.
    """

    lineage: str | None = None
    serial: int = 0
    place: str | None = None
    spec: str
    snapshot: str
    policy: str
    desired: str
    tool: str
    issued_at: datetime
    expires_at: datetime
    price_tolerance: Decimal
    cost_cap: Money | None = None
    stacks: tuple[StackBinding, ...] = ()
    replace: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPlan:
    """A saved plan whose signature was found to be good before anything of it was believed.

    *document* is what `broker plan -json` printed. *signer* is the id of the key. *digest* is that of
    all that was signed, by which a state remembers that it was carried out.
    """

    document: dict[str, Any]
    bindings: Bindings
    signer: str
    digest: str


class PlanStore(Protocol):
    """Saved plans, one signed file each."""

    def check_writable(self, path: Path) -> None:
        """Raise Unwritable if `save` to *path* could not work; called before hours of work.

        Raises what a Signer raises, too.
        """
        ...

    def save(self, path: Path, document: dict[str, Any], bindings: Bindings) -> str:
        """Sign and write so that *path* holds all of it or what it held before; return its digest.

        Raises Unwritable, what a Signer raises, and UsageInvalid if a secret would be written.
        """
        ...

    def load(self, path: Path) -> SignedPlan:
        """Read it back.

        Raises PlanFileInvalid if it is missing, damaged or of another version, and SignatureInvalid if
        it was changed after it was signed, or is signed by nobody who is believed. Whether it is fresh
        is not looked at.
        """
        ...
