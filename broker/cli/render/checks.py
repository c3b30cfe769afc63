"""The user's checks of a plan: a line for each that does not pass, and how many do."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from broker.cli.render.style import Style

Document = Mapping[str, Any]


def render_checks(plan: Document, style: Style) -> str:
    """What they came to; empty where nothing is checked."""
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
    lines = [
        _line(check, name.ljust(room), style) for check, name in zip(failed, names, strict=True)
    ]
    return "\n".join([f"Checks   {', '.join(told)}", *lines])


def _line(check: Document, name: str, style: Style) -> str:
    declared = check["declared"]
    at = f"   {declared['file']}:{declared['line']}" if declared else ""
    paint = style.red if check["level"] == "mandatory" else style.yellow
    head = paint(f"{check['status']:<7}  {check['level']:<9}  {name}")
    return f"  {head}  {check['summary']}{at}"
