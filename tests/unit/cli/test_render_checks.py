"""Checks as people see them in a plan."""

from typing import Any

from broker.cli.render.checks import render_checks
from broker.cli.render.style import Style


def check(name: str, status: str, level: str = "advisory", line: int | None = 7) -> dict[str, Any]:
    return {
        "address": {"name": name},
        "status": status,
        "level": level,
        "summary": f"{name} is what it is",
        "about_nothing": name == "odd",
        "declared": None if line is None else {"file": "fleet.yaml", "line": line, "column": 5},
    }


def test_what_passes_is_counted_and_what_does_not_has_a_line() -> None:
    checks = [
        check("month", "fail", "mandatory"),
        check("spot", "pass"),
        check("gap", "unknown", line=None),
        check("size", "pass"),
    ]

    assert render_checks({"checks": checks}, Style()).splitlines() == [
        "Checks   2 passed, 1 failed, 1 not decided",
        "  fail     mandatory  month  month is what it is   fleet.yaml:7",
        "  unknown  advisory   gap    gap is what it is",
    ]


def test_where_all_pass_one_line_says_so() -> None:
    assert render_checks({"checks": [check("spot", "pass")]}, Style()) == "Checks   1 passed"


def test_what_is_about_nothing_that_is_there_is_named() -> None:
    checks = [check("spot", "pass"), check("odd", "pass")]

    assert render_checks({"checks": checks}, Style()).splitlines() == [
        "Checks   2 passed",
        "  about nothing that is there: odd",
    ]


def test_a_plan_without_checks_says_nothing_of_them() -> None:
    assert render_checks({}, Style()) == ""


def test_no_line_is_wider_than_there_is_room() -> None:
    long = {
        **check("month", "fail"),
        "summary": "monthly-cost is $41,290.14, at most $1,000.00 " * 3,
    }

    lines = render_checks({"checks": [long]}, Style(), 60).splitlines()

    assert len(lines) > 2
    assert max(map(len, lines)) <= 60
