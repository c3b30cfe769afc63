"""Work that is left out is listed with who yields, why, and what stopping it loses."""

from broker.cli.render.style import Style
from broker.cli.render.unplaced import render_unplaced

PLAN = {
    "cost": {"currency": "USD"},
    "placements": [{"workload": "chat"}, {"workload": "chat"}],
    "unplaced": [
        {
            "workload": "render",
            "priority": "best-effort",
            "reason": "chat, render can not all be placed at once",
            "preemption_cost": "505.00",
            "alone_monthly": "1000.00",
        },
        {
            "workload": "odd",
            "priority": "standard",
            "reason": "None of 1 offers may run odd",
            "preemption_cost": None,
            "alone_monthly": None,
        },
    ],
}


def test_each_has_its_reason_and_what_stopping_it_loses() -> None:
    assert render_unplaced(PLAN, Style()).split("\n") == [
        "Unplaced   2 of 3 workloads",
        "  render (best-effort): chat, render can not all be placed at once",
        "    it runs now; stopping it loses work of $505.00",
        "    alone, on its cheapest offer, it would cost $1,000.00 a month",
        "  odd (standard): None of 1 offers may run odd",
    ]


def test_a_whole_plan_shows_nothing() -> None:
    assert render_unplaced({**PLAN, "unplaced": []}, Style()) == ""
