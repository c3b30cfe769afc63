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
    lines = [_line(check, style) for check in checks if check["status"] != "pass"]
    return "\n".join([f"Checks   {', '.join(told)}", *lines])


def _line(check: Document, style: Style) -> str:
    problems = [problem for each in check["instances"] for problem in each["problems"]]
    message = " ".join(problem["message"] for problem in problems)
    declared = check["declared"]
    at = f"  {declared['file']}:{declared['line']}" if declared else ""
    paint = style.red if check["level"] == "mandatory" else style.yellow
    head = paint(f"{check['status']:<8}{check['level']:<10}{check['address']['name']}")
    return f"  {head}  {message}{at}"
