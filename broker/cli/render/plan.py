"""A plan for humans, made from its document alone: a saved plan reads as it did when made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from broker.cli.render.blocks import render_blocks
from broker.cli.render.changes import render_changes, render_summary
from broker.cli.render.checks import render_checks
from broker.cli.render.cost import render_cost
from broker.cli.render.data import render_data
from broker.cli.render.figures import age
from broker.cli.render.left_aside import render_left_aside, render_taken_away
from broker.cli.render.lifetime import lifetime_words
from broker.cli.render.lines import labelled
from broker.cli.render.placement import render_placement
from broker.cli.render.reservations import render_reservations
from broker.cli.render.style import Style
from broker.cli.render.traffic import render_traffic
from broker.cli.render.unplaced import render_unplaced
from broker.domain.diagnostics import Diagnostic
from broker.domain.money import Money
from broker.domain.wording import many
from broker.planning.left_aside import stock_out_of

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How to show it: *now* tells the age of prices, *width* is what a line may take.

    With *lists_all*, each resource of a cloud that comes or goes has a line, in place of a count by kind.
    """

    now: datetime
    style: Style
    width: int
    lists_all: bool = False


def render_plan(document: Document, page: Page) -> str:
    """The whole plan, without what is done with it."""
    plan = _printable(document)
    style = page.style
    blocks = [
        _header(plan, page),
        render_placement(plan, style, page.width),
        render_unplaced(plan, style),
        render_data(plan, style, page.width),
        render_traffic(plan, style),
        render_blocks(plan, style),
        render_changes(plan, style),
        render_cost(plan["cost"], style),
        render_reservations(plan, style),
        render_checks(plan, style, page.width),
        _proof(plan, page.width),
        render_summary(plan, style),
        render_taken_away(plan, page.width),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def saved_note(path: str, digest: str) -> str:
    """Where the plan went."""
    return f"Saved plan: {path} ({digest})\nNext: broker apply {path}\n"


def unsaved_note() -> str:
    """What a plan that was not saved is worth."""
    return "Not saved: the next run may see other prices. -out=FILE keeps exactly this plan.\n"


def not_previewed_note(missing: Sequence[Diagnostic]) -> str:
    """Why no resources are shown, if the engine was to be asked for them."""
    if not missing:
        return ""
    reasons = "; ".join(sorted({diagnostic.summary for diagnostic in missing}))
    return f"Resources not previewed: {reasons}. `broker doctor` says what to install."


def _header(plan: Document, page: Page) -> str:
    coverage = plan["coverage"]
    clouds = ", ".join(
        f"{cloud['provider']} {cloud['regions_ok']} of {cloud['regions_total']}"
        for cloud in coverage["clouds"]
    )
    lines = [
        page.style.bold(f"broker plan   fleet {plan['fleet']}   owner {plan['owner']}"),
        labelled("Prices", _prices(coverage, page.now), page.width),
        labelled("Regions", clouds, page.width),
    ]
    if coverage["missing"]:
        missing = labelled("", _missing(coverage["missing"], page.now), page.width)
        lines.append(page.style.yellow(missing))
    if plan["digests"]["recorded"]:
        against = f"the recorded fleet, {plan['digests']['recorded'][:19]}.."
        lines.append(labelled("Against", against, page.width))
    left_aside = [stock_out_of(each) for each in plan.get("left_aside") or ()]
    lines += render_left_aside(left_aside, page.width)
    if lifetime_words(plan):
        lines.append(labelled("Until", lifetime_words(plan), page.width))
    return "\n".join(lines)


def _prices(coverage: Document, now: datetime) -> str:
    clouds = many(len(coverage["clouds"]), "cloud")
    offers = f"{many(coverage['offers'], 'offer')} in {clouds}"
    if coverage["oldest"] is None:
        return f"none known; {offers}"
    return f"{_dates(coverage, now)}; {offers}"


def _dates(coverage: Document, now: datetime) -> str:
    oldest, newest = (datetime.fromisoformat(coverage[key]) for key in ("oldest", "newest"))
    if oldest.date() == newest.date():
        return f"of {oldest.date()}, {age(now - oldest)} old"
    return f"of {oldest.date()} to {newest.date()}, {age(now - newest)} to {age(now - oldest)} old"


SHOWN_MISSING = 3


def _missing(missing: list[Document], now: datetime) -> str:
    """Which regions gave no answer, and what is kept of them; past a few, how many more."""
    named = ", ".join(
        f"{one['region']} ({one['status']}{_kept(one, now)})" for one in missing[:SHOWN_MISSING]
    )
    more = len(missing) - SHOWN_MISSING
    return f"no answer from {named}" + (f" and {more} more" if more > 0 else "")


def _kept(missing: Document, now: datetime) -> str:
    if not missing["offers"]:
        return ""
    since = age(now - datetime.fromisoformat(missing["oldest"]))
    return f", {many(missing['offers'], 'offer')} kept, {since} old"


def _proof(plan: Document, width: int) -> str:
    solver = plan["solver"]
    bound = Money.parse(solver["bound"], plan["cost"]["currency"]).floored().shown()
    gap = _gap(solver["gap"])
    parts = solver["components"]
    size = ", ".join(
        (
            many(len(parts), "independent problem"),
            many(sum(part["variables"] for part in parts), "variable"),
            many(sum(part["constraints"] for part in parts), "constraint"),
        )
    )
    if Decimal(solver["objective"]) != Decimal(plan["cost"]["monthly"]):
        whole = Money.parse(solver["objective"], plan["cost"]["currency"]).shown()
        claim = (
            f"the whole fleet, with what its moves weigh, comes to {whole} a month, and no lawful one "
            f"to less than {bound}; gap {gap}"
        )
    else:
        claim = f"{_claim(solver, bound)}; gap {gap}"
    return f"{labelled('Solver', claim, width)}\n{labelled('', size, width)}"


def _claim(solver: Document, bound: str) -> str:
    """What is known of every other fleet; of its price alone only where no moves were weighed."""
    is_weighed = solver.get("weighs_moves", False)
    weighed = ", with what its moves weigh," if is_weighed else ""
    if solver["status"] == "optimal":
        comes = "comes to" if is_weighed else "costs"
        return f"proven: no lawful fleet{weighed} {comes} less than {bound} a month"
    comes = "come to" if is_weighed else "cost"
    return f"not finished: a lawful fleet{weighed} may {comes} as little as {bound} a month"


SMALLEST_IN_HUNDREDTHS = Decimal("0.0001")


def _gap(share: str) -> str:
    """A share as per cent, rounded up, with two decimals more where two would say nothing.

    >>> _gap("0"), _gap("0.000002"), _gap("0.012110")
    ('0.00 %', '0.0002 %', '1.22 %')
    """
    exact = Decimal(share) * 100
    places = 4 if 0 < Decimal(share) < SMALLEST_IN_HUNDREDTHS else 2
    return f"{exact.quantize(Decimal(1).scaleb(-places), ROUND_CEILING)} %"


def _printable(value: Any) -> Any:
    """Replace what would move the cursor or change colours: a plan file may come from anyone."""
    match value:
        case str():
            return "".join(
                char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value
            )
        case dict():
            return {_printable(key): _printable(item) for key, item in value.items()}
        case list():
            return [_printable(item) for item in value]
        case _:
            return value
