"""Why a workload is left out of the best fleet there is: who yields, and what that costs."""

from collections.abc import Iterator
from typing import Any

from broker.cli.render.cost import symbol_of
from broker.cli.render.explain import wish
from broker.cli.render.explain_document import solved_anew
from broker.cli.render.left_aside import render_left_aside
from broker.cli.render.lines import flowing
from broker.cli.render.reasons import losses, of_fleet, yielding
from broker.cli.render.style import Style
from broker.cli.render.unplaced import what_it_costs
from broker.placement.outcome import Failure
from broker.placement.raising import MoreRoom, StillOut
from broker.placement.winning import Change
from broker.placement.yielding import Instead
from broker.planning.document import unplaced_document
from broker.planning.left_aside import stock_out_document
from broker.usecases.explain import LeftOut

INDENT = "  "


def left_out_document(left_out: LeftOut) -> dict[str, Any]:
    """The document that `broker explain -json` prints."""
    return {
        "workload": left_out.workload.name,
        "chosen": [],
        "unplaced": unplaced_document(left_out.entry),
        "misses": list(left_out.misses),
        "room": [
            *(_more_document(more) for more in left_out.more if isinstance(more, MoreRoom)),
            *(
                [_instead_document(left_out.instead)]
                if isinstance(left_out.instead, Instead)
                else []
            ),
        ],
        "still_out": [
            {"quota": each.quota.name, "why": each.why}
            for each in left_out.more
            if isinstance(each, StillOut)
        ],
        "left_aside": [stock_out_document(each) for each in left_out.left_aside],
        "yielding": left_out.instead if isinstance(left_out.instead, Failure) else "told",
        "solved_anew": solved_anew(is_whole=left_out.is_whole),
        "solver": {
            "status": left_out.solution.status,
            "objective": str(left_out.solution.objective),
            "bound": str(left_out.solution.bound),
        },
    }


def _more_document(more: MoreRoom) -> dict[str, Any]:
    return {
        "kind": "quota",
        "change": more.words,
        "result": Change.LEAST if more.is_least else Change.ENOUGH,
        "yields": [],
        "placed": [],
        "fleet_change": str(more.costs),
    }


def _instead_document(other: Instead) -> dict[str, Any]:
    return {
        "kind": "yield",
        "change": _words(other),
        "result": Change.LEAST if other.is_least else Change.ENOUGH,
        "yields": [unplaced_document(entry) for entry in other.yields],
        "placed": list(other.placed),
        "fleet_change": str(other.costs),
    }


def render_left_out(left_out: LeftOut, style: Style, width: int) -> str:
    """That it yields and to whom, and what it loses and does not cost."""
    title = f"broker explain {left_out.workload.name}"
    head = flowing(f"{title}   {wish(left_out.workload)}", width, indent=INDENT)
    entry = unplaced_document(left_out.entry)
    how = "with" if left_out.is_whole else "around"
    is_alone = left_out.instead is Failure.IMPOSSIBLE
    yields = ", there is no room for it even alone" if is_alone else ", it yields"
    yields = ", no offer may run it" if left_out.misses else yields
    told = [entry["reason"], *left_out.misses, *what_it_costs(entry, _symbol(left_out))]
    lines = [
        style.bold(title) + head.removeprefix(title),
        *render_left_aside(left_out.left_aside, width),
        "",
        style.yellow(f"Not placed: of {entry['priority']} priority{yields}"),
        *(flowing(f"{INDENT}{line}", width, indent=INDENT) for line in told),
    ]
    if not left_out.misses:  # else it is no question of room
        lines += [
            "",
            style.bold(f"What would make room, solved anew {how} each"),
            *(flowing(f"{INDENT}{line}", width, indent=INDENT * 2) for line in _room(left_out)),
        ]
    return "\n".join(lines) + "\n"


def _symbol(left_out: LeftOut) -> str:
    return symbol_of({"currency": left_out.solution.objective.currency})


def _room(left_out: LeftOut) -> Iterator[str]:
    """The limits that are too low, and the work that could yield in its place."""
    for more in left_out.more:
        yield _with_more(more, is_whole=left_out.is_whole)
    if not left_out.more:
        yield f"no quota that is raised alone{'' if left_out.is_whole else ' was found to be enough'}"
    match left_out.instead:
        case Failure.IMPOSSIBLE:
            yield "no other work that yields"
        case Failure.OVER_BUDGET:
            # Without heavier work than was left out, one within the budget may still be.
            yield "who would have to yield is not known: there would be room, but no fleet was found within the budget"
        case Failure.UNDECIDED:
            yield "who would have to yield is not known: nobody was found before the search came to its limit"
        case other:
            lighter = "" if other.is_least else "; lighter work may do"
            cost = of_fleet(other.costs, is_whole=left_out.is_whole)
            yield f"{_words(other)}: the fleet would cost {cost}{lighter}"
            yield from losses(other.yields, _symbol(left_out))


def _with_more(more: MoreRoom | StillOut, *, is_whole: bool) -> str:
    """What comes of a quota that is raised."""
    match more:
        case MoreRoom():
            limit = "" if more.is_least else "; a lower one may do"
            cost = of_fleet(more.costs, is_whole=is_whole)
            return f"{more.words}: the fleet would cost {cost}{limit}"
        case StillOut(why=Failure.OVER_BUDGET):
            return f"{more.quota.title}, raised: there would be room, but no fleet was found within the budget"
        case StillOut():
            return f"{more.quota.title}, raised: not known, the search came to its limit"


def _words(other: Instead) -> str:
    left = yielding(other.yields)
    return f"{left}, and {' and '.join(other.placed)} placed too" if other.placed else left
