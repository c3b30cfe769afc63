"""Why a workload is where it is, for humans."""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from broker.cli.render.cost import symbol_of
from broker.cli.render.figures import capacity, count, price
from broker.cli.render.left_aside import render_left_aside
from broker.cli.render.lines import flowing
from broker.cli.render.reasons import (
    budget,
    cheaper_notes,
    difference,
    outbidding,
    runner_up_notes,
    signed,
    team_worth,
    worth,
)
from broker.cli.render.style import Style
from broker.cli.render.table import Column, fitting, left_out, rows_of_table
from broker.domain.offers import Offer
from broker.domain.workloads import Nearness, Workload
from broker.placement.cheaper import leading
from broker.placement.explain import Explanation
from broker.usecases.explain import Explained

INDENT = "  "


def render_explanation(explained: Explained, style: Style, width: int) -> str:
    """Chosen, next best, what was cheaper and why not, and what each rule took away."""
    explanation = explained.explanation
    blocks = [
        _header(explained, style, width),
        _chosen(explained, style, width),
        _runners_up(explanation, style, width),
        _cheaper(explanation, style, width),
        _limits(explanation, style, width),
        _yielding(explained, style, width),
        flowing(_excluded(explained), width, indent=INDENT),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _header(explained: Explained, style: Style, width: int) -> str:
    workload = explained.explanation.workload
    title = f"broker explain {workload.name}"
    line = flowing(f"{title}   {wish(workload)}", width, indent=INDENT)
    first = style.bold(title) + line.removeprefix(title)
    return "\n".join([first, *render_left_aside(explained.left_aside, width)])


def wish(workload: Workload) -> str:
    """What the workload asks for, in one line."""
    models = " or ".join(str(choice) for choice in workload.accelerators.any_of)
    size = f"{workload.replicas.minimum} x {count(workload.accelerators.count)} {models}"
    parts = [
        size,
        "gang" if workload.is_gang else "",
        "always" if workload.run.hours is None else f"{_hours(workload.run.hours)} h",
        " or ".join(sorted(workload.capacity_types)),
        f"in {' or '.join(sorted(workload.residency))}" if workload.residency else "",
        f"{workload.latency.round_trip_ms:g} ms to {workload.latency.clients}"
        if workload.latency
        else "",
        f"over {workload.spread_regions} regions" if workload.spread_regions > 1 else "",
        f"reads {', '.join(workload.reads)}" if workload.reads else "",
        *(_near(nearness) for nearness in workload.near),
        f"apart from {' and '.join(sorted(workload.apart))}" if workload.apart else "",
    ]
    return ", ".join(part for part in parts if part)


def _near(nearness: Nearness) -> str:
    if not nearness.round_trip_ms:
        return f"in the region of {nearness.workload}"
    return f"within {float(nearness.round_trip_ms):g} ms of {nearness.workload}"


def _hours(hours: Fraction) -> str:
    return f"{float(hours):g}"


def _chosen(explained: Explained, style: Style, width: int) -> str:
    explanation = explained.explanation
    placements = explanation.chosen
    title = f"Chosen, of {explanation.lawful:,} lawful offers among {explained.offers:,}"
    table = _table(
        [p.offer for p in placements],
        [
            _figures("REPLICAS", placements, lambda p: f"{p.replicas:,}"),
            _figures("NODES", placements, lambda p: f"{p.nodes:,}"),
            _figures("$/MONTH", placements, lambda p: price(p.monthly, 2)),
        ],
        style,
        width,
    )
    return f"{style.bold(title)}\n{table}"


def _runners_up(explanation: Explanation, style: Style, width: int) -> str:
    moves = explanation.runners_up
    if not moves:
        return style.bold("Next best: no fleet was found with another of its offers")
    how = "solved anew with each" if explanation.is_whole else "solved anew around each"
    title = style.bold(f"Next best: what the whole fleet would cost more, {how}")
    weighed = any(move.change.moves.micros for move in moves)
    lines = [title, _table(
        [move.offer for move in moves],
        [
            _figures("MOVED", moves, lambda m: f"{m.moved:,}", expendable=2),
            _figures("NODES", moves, lambda m: signed(m.change.nodes), expendable=3),
            _figures("CLUSTERS", moves, lambda m: signed(m.change.clusters), expendable=4),
            _figures("DATA", moves, lambda m: signed(m.change.data), expendable=5),
            _figures("FLEET $/MONTH", moves, lambda m: difference(m.change.paid, m.proof)),
            *([_figures("MOVES WEIGH", moves, lambda m: signed(m.change.moves))] * weighed),
        ],
        style,
        width,
        notes=[list(runner_up_notes(move)) for move in moves],
    )]  # fmt: skip
    if explanation.without_chosen is not None and explanation.without_chosen.micros > 0:
        least = price(explanation.without_chosen, 2)
        what = "offer" if len(explanation.chosen) == 1 else "offers"
        lines.append(f"{INDENT}No fleet does without the chosen {what} for less than {least} more.")
    return "\n".join(lines)


def _cheaper(explanation: Explanation, style: Style, width: int) -> str:
    """The cheapest of those that are not used though they cost less alone; JSON has them all."""
    cheaper = explanation.cheaper
    alone = explanation.chosen_alone.shown()
    if not cheaper:
        return f"{style.bold('Cheaper')}: nothing; on nodes of its own it would cost {alone}"
    shown = leading(cheaper)
    is_all_cheaper = all(c.alone < explanation.chosen_alone for c in shown)
    part = "" if is_all_cheaper else ", or in place of a part of that"
    title = style.bold(f"Cheaper than its {alone} on nodes of its own{part}, but not chosen")
    lines = [title, _table(
        [c.offer for c in shown],
        [_figures("ALONE $/MONTH", shown, lambda c: price(c.alone, 2))],
        style,
        width,
        notes=[list(cheaper_notes(each)) for each in shown],
    )]  # fmt: skip
    if len(cheaper) > len(shown):
        lines.append(f"{INDENT}and {len(cheaper) - len(shown):,} more; -json lists all")
    return "\n".join(lines)


def _yielding(explained: Explained, style: Style, width: int) -> str:
    """The work that is left out because this is not."""
    if explained.outbids is None:
        return ""
    symbol = symbol_of({"currency": explained.solution.objective.currency})
    lines = outbidding(explained.outbids, explained.explanation.workload.name, symbol)
    how = "solved anew without it" if explained.outbids.is_all else "solved anew around it"
    title = style.bold(f"Yields to it, {how}")
    return "\n".join(
        [title, *(flowing(f"{INDENT}{line}", width, indent=INDENT * 2) for line in lines)]
    )


def _limits(explanation: Explanation, style: Style, width: int) -> str:
    """What is used up, and what more of it would be worth."""
    lines = [worth(each) for each in explanation.worths]
    lines += [team_worth(each) for each in explanation.team_worths]
    if explanation.budget is not None:
        lines.append(budget(explanation.budget))
    if not lines:
        return ""
    title = style.bold("Limits: what the fleet would cost less a month with more of them")
    return "\n".join([title, *(line for text in lines for line in _wrapped(text, width, INDENT))])


def _excluded(explained: Explained) -> str:
    excluded = explained.explanation.excluded
    ordered = sorted(excluded.items(), key=lambda pair: (-pair[1], pair[0]))
    return "Offers taken away by each rule: " + (
        ", ".join(f"{rule} {number:,}" for rule, number in ordered) or "none"
    )


def _figures(
    title: str, rows: Sequence[Any], cell: Callable[[Any], str], *, expendable: int = 0
) -> Column:
    return Column(title=title, cells=[cell(row) for row in rows], right=True, expendable=expendable)


def _table(
    offers: Sequence[Offer],
    figures: Iterable[Column],
    style: Style,
    width: int,
    *,
    notes: Sequence[Sequence[str]] = (),
) -> str:
    """One line per offer, each followed by its *notes*."""
    columns = [
        Column(title="REGION", cells=[str(offer.region) for offer in offers], breakable=True),
        Column(title="ZONE", cells=[offer.zone or "-" for offer in offers], expendable=6),
        Column(
            title="MACHINE TYPE", cells=[offer.machine_type for offer in offers], breakable=True
        ),
        Column(
            title="GPU",
            cells=[f"{count(offer.count)} {offer.accelerator.name}" for offer in offers],
            expendable=7,
        ),
        Column(
            title="CAPACITY",
            cells=[capacity(o.capacity_type, o.term_months) for o in offers],
            breakable=True,
        ),
        Column(
            title="$/H", cells=[price(offer.price) for offer in offers], right=True, expendable=1
        ),
        *figures,
    ]
    kept = fitting(columns, width - len(INDENT))
    head, *rows = rows_of_table(kept, style)
    lines = [INDENT + head]
    for row, below in zip(rows, notes or [()] * len(rows), strict=True):
        lines.append(textwrap.indent(row, INDENT))
        for note in below:
            lines.extend(_wrapped(note, width))
    gone = left_out(columns, kept)
    return "\n".join([*lines, *(flowing(INDENT + n, width, indent=INDENT * 2) for n in gone)])


def _wrapped(note: str, width: int, indent: str = INDENT * 3) -> list[str]:
    return textwrap.wrap(
        note,
        width,
        initial_indent=indent,
        subsequent_indent=indent + INDENT,
        break_long_words=False,
    )
