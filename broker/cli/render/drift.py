"""What drifted, for people and for programs."""

from collections.abc import Iterator
from typing import Any

from broker.cli.render.diagnostics import FORMAT_VERSION
from broker.cli.render.lines import flowing
from broker.cli.render.stacks import FORCES, UNSET, shown_value
from broker.cli.render.style import Style
from broker.cli.render.table import width_of_output
from broker.domain.members import StepOp
from broker.domain.wording import many
from broker.planning.drift import Drift, drift_documents
from broker.usecases.drift import DriftFound


def render_drift(found: DriftFound, style: Style) -> str:
    """What matters, line by line; the rest is counted."""
    drifted = found.drifted
    lines = [
        f"{name}: a change of it was cut short; `broker apply` mends it" for name in found.tainted
    ]
    if drifted.shown:
        hidden = f", {drifted.hidden} without effect hidden" if drifted.hidden else ""
        lines.append(style.bold(f"Drift ({len(drifted.shown)} shown{hidden})"))
        for one in drifted.shown:
            lines += [style.yellow(line) for line in _drift(one)]
        lines.append("`broker apply` sets it right; `broker apply -refresh-only` accepts it.")
    else:
        hidden = f"; {drifted.hidden} without effect" if drifted.hidden else ""
        lines.append(f"No drift in {many(drifted.checked, 'cluster')}{hidden}.")
    return "\n".join(lines) + "\n"


def _drift(one: Drift) -> Iterator[str]:
    step = one.step
    kind = step.type.rpartition(":")[2]
    if step.op is StepOp.DELETE:
        what = "is gone"
    elif step.op is StepOp.CREATE:
        what = "is there, and was not recorded"
    else:
        what = f"differs: {', '.join(one.concerns)}"
    yield f"  ! {one.member}/{step.name} ({kind}) {what}"
    for path in step.changed:
        before, after = (shown_value(side.get(path, UNSET)) for side in (step.before, step.after))
        forces = FORCES if path in step.forcing else ""
        line = f"        {path}: {before} -> {after}{forces}"
        yield flowing(line, width_of_output(), indent=" " * 10)


def drift_document(found: DriftFound) -> dict[str, Any]:
    """All of it, the hidden as a number."""
    return {
        "format_version": FORMAT_VERSION,
        "serial": found.state.serial,
        "clusters": found.drifted.checked,
        "resource_drift": drift_documents(found.drifted.shown),
        "hidden": found.drifted.hidden,
        "tainted": list(found.tainted),
    }


def nothing_recorded() -> dict[str, Any]:
    """The same where nothing is recorded: there is no state that had a serial."""
    return {
        "format_version": FORMAT_VERSION,
        "clusters": 0,
        "resource_drift": [],
        "hidden": 0,
        "tainted": [],
    }
