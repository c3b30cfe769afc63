"""What moved between one refresh and the next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceMove:
    """An offer whose price is another one than before; None is unknown."""

    before: Offer
    after: Offer

    @property
    def share(self) -> Fraction | None:
        """The change as a share of the earlier price; None if either price is unknown."""
        if self.before.price is None or self.after.price is None:
            return None
        earlier = self.before.price.micros
        return Fraction(self.after.price.micros - earlier, earlier) if earlier else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMove:
    """A region that ended in another status than before; *before* is None for a new one."""

    region: RegionKey
    source: str
    before: RegionStatus | None
    after: RegionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Offers that came, went or cost something else, and regions that answered otherwise.

    *moved* begins with the largest change; what became known or unknown comes last.
    """

    came: tuple[Offer, ...]
    went: tuple[Offer, ...]
    moved: tuple[PriceMove, ...]
    statuses: tuple[StatusMove, ...]

    def __bool__(self) -> bool:
        """Whether anything moved."""
        return bool(self.came or self.went or self.moved or self.statuses)


def changes(before: Sequence[RegionResult], after: Sequence[RegionResult]) -> Changes:
    """Compare two states of the store; an age is no change."""
    old, new = _by_name(before), _by_name(after)
    moves = [
        PriceMove(before=old[name], after=offer)
        for name, offer in new.items()
        if name in old and old[name].price != offer.price
    ]
    return Changes(
        came=tuple(offer for name, offer in new.items() if name not in old),
        went=tuple(offer for name, offer in old.items() if name not in new),
        moved=tuple(sorted(moves, key=_largest_first)),
        statuses=tuple(_statuses(before, after)),
    )


def _by_name(results: Iterable[RegionResult]) -> dict[str, Offer]:
    every = {offer.name: offer for result in results for offer in result.offers}
    return dict(sorted(every.items()))


def _largest_first(move: PriceMove) -> tuple[bool, Fraction, str]:
    share = move.share
    return (share is None, -abs(share or Fraction(0)), move.after.name)


def _statuses(
    before: Sequence[RegionResult], after: Sequence[RegionResult]
) -> Iterable[StatusMove]:
    earlier = {(result.region, result.source): result.status for result in before}
    for result in after:
        known = earlier.get((result.region, result.source))
        if known is not result.status:
            yield StatusMove(
                region=result.region, source=result.source, before=known, after=result.status
            )
