"""To what a saved plan is bound: what it was computed from, and how far it may be stretched."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from broker.domain.canonical import digest
from broker.domain.members import StackPreview
from broker.domain.money import Money
from broker.planning.stacks import stack_previews, steps_digest
from broker.ports.state import State
from broker.ports.stores import Bindings, StackBinding

VALID_FOR = timedelta(hours=24)
"""How long a saved plan may be applied; its prices are looked at again then anyway."""

PRICE_TOLERANCE = Fraction(2, 100)

NO_POLICY = digest([])
"""The digest of the packs in force, while there are none."""


def bindings_of(
    document: dict[str, Any],
    state: State | None,
    *,
    issued_at: datetime,
    within: Fraction,
    place: str | None = None,
    replace: tuple[str, ...] = (),
) -> Bindings:
    """What *document* was computed from; a plan against no state starts from none, in that *place*.

    It may cost more by the share *within*; *replace* are addresses to make anew.
    """
    digests = document["digests"]
    monthly = Money.parse(document["cost"]["monthly"], document["cost"]["currency"])
    previews = stack_previews(document.get("stacks", ()))
    return Bindings(
        lineage=None if state is None else state.lineage,
        serial=0 if state is None else state.serial,
        place=place if state is None else None,
        spec=digests["spec"],
        snapshot=digests["snapshot"],
        policy=NO_POLICY,
        desired=digest(document["desired"]),
        tool=digests["tool"],
        issued_at=issued_at,
        expires_at=issued_at + VALID_FOR,
        price_tolerance=Decimal(within.numerator) / Decimal(within.denominator),
        cost_cap=monthly * (1 + within),
        replace=replace,
        stacks=tuple(_binding(previews[name]) for name in sorted(previews)),
    )


def _binding(preview: StackPreview) -> StackBinding:
    return StackBinding(
        member=preview.member, checkpoint=preview.checkpoint, steps=steps_digest(preview)
    )
