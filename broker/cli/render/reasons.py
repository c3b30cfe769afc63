"""Sentences of an explanation: why not, what would have to change, what a limit is worth."""

from collections.abc import Iterable, Iterator

from broker.cli.render.figures import price
from broker.domain.money import Money
from broker.placement.alternatives import Alternative, Proof
from broker.placement.cheaper import Cheaper
from broker.placement.purchase import Costs
from broker.placement.solution import Unplaced
from broker.placement.winning import Change, Winning
from broker.placement.worth import BudgetWorth, TeamWorth, Worth
from broker.placement.yielding import Outbids

REGIONS_NAMED = 3
WEIGHED = "with what its moves weigh"


def runner_up_notes(move: Alternative) -> Iterator[str]:
    """What keeps the others from staying, who would move, and what would make it win."""
    for obstacle in move.obstacles:
        yield f"{obstacle.rule}, if all else stayed: {obstacle.reason}"
    if move.others:
        yield f"would move along: {', '.join(move.others)}"
    for winning in move.wins:
        yield what_would_win(winning)


def cheaper_notes(cheaper: Cheaper) -> Iterator[str]:
    """Why it was not chosen, and what would have to change."""
    yield why_not(cheaper)
    for winning in (cheaper.winning, cheaper.displacing):
        if winning is not None:
            yield what_would_win(winning)


def why_not(cheaper: Cheaper) -> str:
    """The rule and how it is broken, or what the fleet would cost more."""
    reason = ": ".join(part for part in (cheaper.rule, cheaper.reason) if part)
    if cheaper.change is None:
        return reason
    fleet = "the fleet" if cheaper.rule == "cost" else "a fleet with it all the same"
    cost = (
        f"{fleet} would cost {_weighed(cheaper.change.paid, cheaper.change.moves, cheaper.proof)}"
    )
    parts = _parts(cheaper.change)
    cost = f"{cost} ({parts})" if parts else cost
    return f"cost: {cost}" if cheaper.rule == "cost" else f"{reason}; {cost}"


def _parts(change: Costs) -> str:
    parts = {
        "nodes": change.nodes,
        "clusters": change.clusters,
        "clouds": change.clouds,
        "data": change.data,
        "traffic": change.traffic,
        "moves weigh": change.moves,
    }
    return ", ".join(f"{name} {signed(amount)}" for name, amount in parts.items() if amount.micros)


def what_would_win(winning: Winning) -> str:
    """The change, and whether it is the least there is, enough, or not enough."""
    match winning.change:
        case Change.LEAST:
            saving = f": the fleet saves {saved(-winning.paid, winning.moves)}"
            saving = saving if winning.costs.micros else ""
            return f"wins with {winning.words}{saving}"
        case Change.ENOUGH if winning.price is not None:
            return f"wins with {winning.words}; a higher one may do"
        case Change.ENOUGH:
            least = saved(-winning.paid, winning.moves)
            return f"with {winning.words} the fleet saves at least {least}"
        case Change.OUTDONE:
            saving = saved(-winning.paid, winning.moves)
            return f"with {winning.words} it would save {saving}, but another offer would be chosen"
        case Change.NOT_ENOUGH:
            proof = Proof.EXACT if winning.is_exact else Proof.AT_MOST
            over = _weighed(winning.paid, winning.moves, proof)
            if winning.moves.micros and not _saves_too_little(winning.paid, winning.moves):
                over += f", {signed(winning.costs)} {WEIGHED}"
            return f"even with {winning.words} the fleet would cost {over}"


def _weighed(paid: Money, moves: Money, proof: Proof | None) -> str:
    """What is paid more; of a fleet that costs less and moves too much for it, what it comes to too."""
    if not _saves_too_little(paid, moves):
        return difference(paid, proof)
    least, most = ("at least ", "at most ") if proof is Proof.AT_MOST else ("", "")
    return (
        f"{least}{price(-paid, 2)} less on the bill, "
        f"but {most}{price(paid + moves, 2)} more {WEIGHED} (stability)"
    )


def _saves_too_little(paid: Money, moves: Money) -> bool:
    return paid.micros < 0 < (paid + moves).micros


def saved(paid: Money, moves: Money) -> str:
    """What is *paid* less, and what is left of that for the plan, which weighs *moves* too."""
    return (
        f"{price(paid, 2)}, {price(paid - moves, 2)} {WEIGHED}" if moves.micros else price(paid, 2)
    )


def difference(amount: Money, proof: Proof | None) -> str:
    """`+12.30`, with `<=` before it where the least is not proven."""
    return f"{'<= ' if proof is Proof.AT_MOST else ''}{signed(amount)}"


def of_fleet(amount: Money, *, is_whole: bool) -> str:
    """What a fleet costs more, of which but a part was solved anew where none *is_whole*."""
    return difference(amount, Proof.EXACT if is_whole else Proof.AT_MOST)


def signed(amount: Money) -> str:
    """An amount of a month with its sign."""
    return f"{'+' if amount.micros >= 0 else ''}{price(amount, 2)}"


def worth(each: Worth) -> str:
    """What some more of a quota would save."""
    named = ", ".join(str(region) for region in each.regions[:REGIONS_NAMED])
    others = len(each.regions) - REGIONS_NAMED
    where = f"{named} and {others} more" if others > 0 else named
    where = f"all regions of {each.quota.provider}" if each.quota.spans else where
    least = "at least " if each.proof is Proof.AT_LEAST else ""
    amount = saved(each.paid, each.moves)
    saves = f"saves {least}{amount}" if each.saves.micros else "saves nothing"
    quota = each.quota
    if quota.reservation and not quota.is_stock and each.saves.micros:
        saves += ", less what reserving it costs"
    return (
        f"{quota.title}, {each.used} of {quota.limit:,} {quota.unit} used ({where}): "
        f"{each.more:,} more {saves}"
    )


def team_worth(each: TeamWorth) -> str:
    """What some more of a team's budget would save."""
    least = "at least " if each.proof is Proof.AT_LEAST else ""
    return (
        f"budget of team {each.team}, {price(each.charged, 2)} of {price(each.budget, 2)} charged: "
        f"{price(each.more, 2)} more saves {least}{saved(each.paid, each.moves)}"
    )


def budget(left: BudgetWorth) -> str:
    """What is left of the budget, which is then worth nothing more."""
    if left.left.micros >= 0:
        return (
            f"budget {price(left.monthly, 2)}: {price(left.left, 2)} left; "
            "more of it lets in dearer fleets only, and saves nothing"
        )
    return f"budget {price(left.monthly, 2)}: {price(-left.left, 2)} over; it only warns"


def yielding(entries: Iterable[Unplaced]) -> str:
    """`render (best-effort) and sweep (standard) left out`, or `nothing else left out`."""
    named = " and ".join(f"{entry.workload} ({entry.priority})" for entry in entries)
    return f"{named or 'nothing else'} left out"


def losses(entries: Iterable[Unplaced], symbol: str) -> Iterator[str]:
    """What stopping those of *entries* loses that run now."""
    for entry in entries:
        if entry.preemption_cost is not None:
            lost = price(entry.preemption_cost, 2)
            yield f"{entry.workload} runs now; stopping it loses work of {symbol}{lost}"


def outbidding(outbids: Outbids, workload: str, symbol: str) -> Iterator[str]:
    """Who yields to a workload that is placed, and what it would cost to have that instead."""
    names = " and ".join(f"{entry.workload} ({entry.priority})" for entry in outbids.yields)
    least = "" if outbids.is_all else ", at least"
    cost = f"the fleet would cost {of_fleet(outbids.costs, is_whole=outbids.is_all)}"
    yield f"{names}{least}: placed if {workload} were left out, and {cost}"
    yield from losses(outbids.yields, symbol)
