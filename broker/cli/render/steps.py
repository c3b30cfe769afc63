"""One resource that is being changed, in a line, in the words of Terraform."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from broker.domain.members import StepOp

if TYPE_CHECKING:
    from broker.cli.steps import Tally, Told

VERBS = {
    StepOp.CREATE: ("Creating", "Creation"),
    StepOp.UPDATE: ("Modifying", "Modifications"),
    StepOp.REPLACE: ("Creating", "Creation"),  # the old one is told of by itself
    StepOp.DELETE: ("Destroying", "Destruction"),
    StepOp.IMPORT: ("Importing", "Import"),
    StepOp.SAME: ("Reading", "Read"),
}
"""What is said while it happens, and when it is done."""

MOST_STILL = 5
"""So many of what is under way are named each time; the rest is counted."""

MINUTE, HOUR = 60, 3600


def render_step(told: "Told") -> str:
    """A step that began, is done or failed: `aws-us-east-1/main (Cluster): Creating...`."""
    event = told.event
    doing, done = VERBS[event.step.op]
    if event.state == "started":
        return f"{_subject(told)}: {doing}..."
    if event.state == "failed":
        after = f" after {duration(told.seconds)}" if told.seconds else ""
        return f"{_subject(told)}: {done} failed{after}: {event.message}"
    if told.is_found:
        return f"{_subject(told)}: {done} complete"
    return f"{_subject(told)}: {done} complete after {duration(told.seconds)}"


def render_still(under_way: "Sequence[Told]") -> Iterator[str]:
    """What takes long, a line for each of the longest: `... Still creating... [1m10s elapsed]`."""
    for told in under_way[:MOST_STILL]:
        doing = VERBS[told.event.step.op][0].lower()
        yield f"{_subject(told)}: Still {doing}... [{duration(told.seconds)} elapsed]"
    more = len(under_way) - MOST_STILL
    if more > 0:
        yield f"... and {more} more under way"


def render_tally(tally: "Tally") -> str:
    """How many resources it came to, in Terraform's words."""
    told = f"{tally.added} added, {tally.changed} changed, {tally.destroyed} destroyed"
    return f"Resources: {told}."


def duration(seconds: int) -> str:
    """As Terraform writes it.

    >>> duration(0), duration(61), duration(3661)
    ('0s', '1m1s', '1h1m1s')
    """
    hours, minutes = seconds // HOUR, seconds % HOUR // MINUTE
    shown = f"{seconds % MINUTE}s"
    if seconds >= MINUTE:
        shown = f"{minutes}m{shown}"
    return f"{hours}h{shown}" if hours else shown


def _subject(told: "Told") -> str:
    """The cluster, the resource and its kind."""
    step = told.event.step
    return f"{told.event.member}/{step.name} ({step.type.rpartition(':')[2]})"
