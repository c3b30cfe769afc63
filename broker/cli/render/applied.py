"""What came of a change, as people read it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from broker.cli.render.style import Style
from broker.cli.render.unplaced import without_place
from broker.domain.ids import ClusterName
from broker.domain.money import Money
from broker.domain.wording import many
from broker.ports.provisioning import Recovery
from broker.ports.state import Entry

if TYPE_CHECKING:  # what they say is made by the solver, which not every verb needs
    from broker.usecases.apply import Applied
    from broker.usecases.destroy import Destroyed

LINES = {
    ("stack-up", "intent"): "{subject}: changing...",
    ("stack-up", "outcome"): "{subject}: as planned",
    ("stack-down", "intent"): "{subject}: destroying...",
    ("stack-down", "outcome"): "{subject}: destroyed",
    ("forget", "outcome"): "{subject}: managed no more",
    ("recover", "intent"): "{subject}: mending what was left half done...",
    ("recover", "outcome"): "{subject}: mended",
    ("import", "intent"): "{subject}: looking for it in its cloud...",
    ("fall-back", "intent"): "Not to be had: {subject}. Looking for the next best fleet...",
    ("fall-back", "outcome"): "Found one within what was agreed to.",
    ("lock-taken-over", "outcome"): "The lock of {subject} was taken over: its holder is gone.",
}
"""What is said of an entry of the journal while it happens; of the others nothing."""

NOTHING_TO_DESTROY = "Nothing to destroy: no cluster is recorded.\n"


def render_entry(entry: Entry) -> str | None:
    """One line about it, or nothing."""
    if entry.phase == "outcome" and "failed" in entry.detail and (entry.act, "intent") in LINES:
        what = entry.detail["what"]
        return what if what.startswith(entry.subject) else f"{entry.subject}: {what}"
    line = LINES.get((entry.act, entry.phase))
    if line is not None and "monthly_cost" in entry.detail:
        line = f"{line}\n{_fallen_back(entry.detail)}"
    return None if line is None else line.format(subject=entry.subject)


def _fallen_back(detail: Mapping[str, Any]) -> str:
    """What the next best fleet buys in place of what can not be had, and costs."""
    monthly = Money.parse(detail["monthly_cost"], detail["currency"])
    bought = "".join(f"  + {each}\n" for each in detail["instead"])
    return f"{bought}  The fleet costs {monthly.shown()} a month with that."


def render_applied(applied: "Applied", style: Style) -> str:
    """The end of `broker apply`."""
    if applied.cancelled:
        return _cancelled(applied)
    outcome = applied.outcome
    if not outcome.made and not outcome.removed and not applied.proposal.has_changes:
        unplaced = without_place(applied.proposal.document)
        ending = f", but {unplaced}" if unplaced else ": the fleet is as it is wanted"
        return f"Nothing to apply{ending}.\n"
    lines = [
        style.green(
            style.bold(
                f"Apply complete! {many(len(outcome.made), 'cluster')} made or changed, "
                f"{len(outcome.removed)} destroyed."
            )
        ),
        f"State: serial {applied.state.serial}, lineage {applied.state.lineage[:12]}",
    ]
    lines += [f"cluster.{name} is managed no more, and is there." for name in outcome.forgotten]
    if applied.masked:
        by = f", by {', '.join(applied.instead)}" if applied.instead else ""
        lines.append(f"Not to be had, and replaced: {', '.join(applied.masked)}{by}")
    if applied.masked and applied.monthly is not None:
        lines.append(f"The fleet costs {applied.monthly.shown()} a month.")
    lines.append("Workloads are assigned to pools; this version does not start them.")
    return "\n".join(lines) + "\n"


def _cancelled(applied: "Applied") -> str:
    if not applied.imported:
        return "Apply cancelled: nothing was changed.\n"
    names = ", ".join(f"cluster.{name}" for name in applied.imported)
    return (
        f"Apply cancelled: no cloud was changed. {names} was found in its cloud, and is recorded now.\n"
        if len(applied.imported) == 1
        else f"Apply cancelled: no cloud was changed. {names} were found in their clouds, and are recorded "
        "now.\n"
    )


def render_destroyed(destroyed: "Destroyed", style: Style) -> str:
    """The end of `broker destroy`."""
    if destroyed.removal is None:
        return NOTHING_TO_DESTROY
    if destroyed.cancelled:
        return "Destroy cancelled: nothing was changed.\n"
    outcome = destroyed.outcome
    told = f"Destroy complete! {many(len(outcome.removed), 'cluster')} destroyed"
    changed = f", {len(outcome.made)} changed" if outcome.made else ""
    return style.green(style.bold(f"{told}{changed}.")) + "\n"


def render_mended(mended: Mapping[ClusterName, Recovery]) -> str:
    """What was mended before anything else; empty if nothing was."""
    return "\n".join(line for name, recovery in mended.items() for line in _mended(name, recovery))


def render_resumed(resumed: Mapping[str, list[str]]) -> str:
    """How much of a saved plan is done already; what is left is shown by itself."""
    done, left = resumed["done"], resumed["left"]
    count = many(len(done) + len(left), "cluster")
    lines = [f"This plan was begun before: {len(done)} of {count} as planned already."]
    lines += [f"  = {name}" for name in done]
    if left:
        lines.append(f"To go on with: {', '.join(left)}, previewed anew:")
    return "\n".join(lines)


def _mended(name: ClusterName, recovery: Recovery) -> Iterator[str]:
    freed = ", a lock of the engine freed" if recovery.freed_lock else ""
    adopted = f", {many(len(recovery.adopted), 'resource')} adopted" if recovery.adopted else ""
    lost = f", {len(recovery.forgotten)} never made" if recovery.forgotten else ""
    yield f"{name}: an earlier run was cut short; mended{freed}{adopted}{lost}"
