"""The user's checks of a plan: a line for each that does not pass, and how many do."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from broker.cli.render.lines import flowing
from broker.cli.render.style import Style
from broker.cli.render.table import UNBOUNDED

Document = Mapping[str, Any]


def render_checks(plan: Document, style: Style, width: int = UNBOUNDED) -> str:
    """What they came to, on lines of at most *width*; empty where nothing is checked."""
    checks = plan.get("checks") or []
    if not checks:
        return ""
    counts = Counter(check["status"] for check in checks)
    told = [f"{counts['pass']:,} passed"]
    told += [
        f"{counts[status]:,} {word}"
        for status, word in (("fail", "failed"), ("unknown", "not decided"))
        if counts[status]
    ]
    failed = [check for check in checks if check["status"] != "pass"]
    names = [check["address"]["name"] for check in failed]
    room = max(map(len, names), default=0)
    named = zip(failed, (name.ljust(room) for name in names), strict=True)
    lines = [_line(check, name, style, width) for check, name in named]
    nothing = ", ".join(c["address"]["name"] for c in checks if c["about_nothing"])
    if nothing:
        lines.append(flowing(f"  about nothing that is there: {nothing}", width, indent=" " * 6))
    return "\n".join([f"Checks   {', '.join(told)}", *lines])


def _line(check: Document, name: str, style: Style, width: int) -> str:
    """Its state, its name, what was found, and where it is asked for."""
    declared = check["declared"]
    at = f"   {declared['file']}:{declared['line']}" if declared else ""
    head = f"{check['status']:<7}  {check['level']:<9}  {name}"
    text = flowing(f"  {head}  {check['summary']}{at}", width, indent=" " * 6)
    paint = style.red if check["level"] == "mandatory" else style.yellow
    return text.replace(head, paint(head), 1)
