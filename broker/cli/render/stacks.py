"""What stacks would do, resource by resource: what only comes or goes is counted by kind, or listed too."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from broker.cli.render.lines import flowing
from broker.cli.render.placement import AS_REQUESTED, colored
from broker.cli.render.style import Style
from broker.cli.render.table import width_of_output
from broker.domain.wording import many
from broker.planning.stacks import is_requested

Document = Mapping[str, Any]

MARKS = {"create": "+", "update": "~", "delete": "-", "import": "<="}
REPLACEMENTS = {("create", "delete"): "+/-", ("delete", "create"): "-/+"}
"""A replacement is marked by what comes first."""
VERBS = {
    "create": "to add",
    "update": "to change",
    "replace": "to replace",
    "delete": "to destroy",
    "import": "to import",
}
MOST_KINDS = 6
LONGEST_VALUE = 60
UNSET = "(not set)"
FORCES = "   # forces replacement"


def render_stacks(stacks: Sequence[Document], style: Style, *, lists_all: bool = False) -> str:
    """A block per cluster whose stack would do anything; empty if none would.

    With *lists_all*, what comes or goes is listed, a line each.
    """
    blocks = [block for stack in stacks for block in _stack(stack, style, lists_all=lists_all)]
    if not blocks:
        return ""
    title = style.bold("Cloud resources, as the engine previews them")
    return "\n".join([title, *blocks, _totals(stacks)])


def _stack(stack: Document, style: Style, *, lists_all: bool) -> Iterator[str]:
    steps = stack["steps"]
    if not steps:
        return
    unchanged = f", {stack['unchanged']} unchanged" if stack["unchanged"] else ""
    counts = Counter(step["op"] for step in steps)
    told = ", ".join(f"{counts[op]} {verb}" for op, verb in VERBS.items() if counts[op])
    yield f"  {stack['cluster']}: {told}{unchanged}"
    for op in ("create", "delete", "import"):
        alike = [step for step in steps if step["op"] == op]
        for line in _lines(alike, lists_all=lists_all):
            yield colored(_flowing(f"  {MARKS[op]:>5} {line}"), MARKS[op], style)
    for step in steps:
        if step["op"] in ("update", "replace"):
            yield from _changed(step, style)


def _lines(alike: list[Document], *, lists_all: bool) -> list[str]:
    if lists_all or not alike:
        return [f"{step['type']} {step['name']}" for step in alike]
    return [_kinds(alike)]


def _kinds(steps: list[Document]) -> str:
    """`4 Subnet, 2 NodeGroup and 20 more of 9 kinds`."""
    kinds = Counter(step["type"].rpartition(":")[2] for step in steps)
    most = sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))
    shown = ", ".join(f"{count} {kind}" for kind, count in most[:MOST_KINDS])
    rest = sum(count for _, count in most[MOST_KINDS:])
    left = many(len(most) - MOST_KINDS, "kind")
    return f"{shown} and {rest} more of {left}" if rest else shown


def _changed(step: Document, style: Style) -> Iterator[str]:
    mark = REPLACEMENTS[tuple(step["actions"])] if step["op"] == "replace" else MARKS[step["op"]]
    asked = AS_REQUESTED if is_requested(step) else ""
    yield colored(f"  {mark:>5} {step['type']} {step['name']}{asked}", mark, style)
    for path in step["changed"]:
        forces = FORCES if path in step["replace_paths"] else ""
        before, after = (shown_value(step[side].get(path, UNSET)) for side in ("before", "after"))
        yield _flowing(f"          {path}: {before} -> {after}{forces}", deeper=12)


def _flowing(line: str, *, deeper: int = 8) -> str:
    """*line* on as many as it takes on a terminal; a pipe takes it whole."""
    return flowing(line, width_of_output(), indent=" " * deeper)


def shown_value(value: Any) -> str:
    """A value in one line; a secret is None, and says so."""
    if value is None:
        return "(not shown)"
    text = value if isinstance(value, str) and value.startswith("(") else _as_json(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _totals(stacks: Sequence[Document]) -> str:
    counts = Counter(step["op"] for stack in stacks for step in stack["steps"])
    told = ", ".join(f"{counts[op]} {verb}" for op, verb in VERBS.items() if counts[op])
    return f"  Cloud resources: {told}."
