"""Reserved nodes are shown with what is left of them, and what they cost either way."""

from broker.cli.render.reservations import render_reservations
from broker.cli.render.style import Style

PAID = {
    "name": "block",
    "provider": "aws",
    "region": "us-east-1",
    "zone": None,
    "machine_type": "p5.48xlarge",
    "nodes": 8,
    "used": 6,
    "unused": 2,
    "committed_monthly": None,
}
COST = {"currency": "USD"}


def test_what_is_unused_and_what_is_unknown_are_shown() -> None:
    shown = render_reservations({"cost": COST, "reservations": [PAID]}, Style())

    assert shown.split("\n") == [
        "Reserved  machine type  at             nodes  used  unused  committed $/month",
        "  block   p5.48xlarge   aws/us-east-1      8     6       2            unknown",
        "  committed whether used or not; in no total above",
    ]


def test_a_plan_without_any_shows_nothing() -> None:
    assert render_reservations({"cost": COST, "reservations": []}, Style()) == ""
    assert render_reservations({"cost": COST}, Style()) == ""


def test_those_of_one_name_are_told_apart_by_their_zones() -> None:
    zoned = [{**PAID, "zone": "use1-az4"}, {**PAID, "zone": "use1-az6"}]
    shown = render_reservations({"cost": COST, "reservations": zoned}, Style())

    assert [line.split()[2] for line in shown.split("\n")[1:3]] == [
        "aws/us-east-1/use1-az4",
        "aws/us-east-1/use1-az6",
    ]
