"""How prices went, for people and for programs."""

from datetime import timedelta

from broker.catalog.history import price_series
from broker.cli.render.history import history_document, render_history, sparkline
from broker.cli.render.style import Style
from broker.domain.history import PriceChange
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from tests.fakes.problems import NOW, WEST, offer

DAY = timedelta(days=1)
SPOT = offer("p5", "12.5", capacity_type=CapacityType.SPOT)
STEADY = offer("p5", "98", region=WEST)
NEVER = offer("p4", "20")


def change(name: str, day: int, price: str | None, *, listed: bool = True) -> PriceChange:
    money = None if price is None else Money.parse(price)
    return PriceChange(offer=name, at=NOW + day * DAY, price=money, listed=listed)


CHANGES = [
    change(SPOT.name, 0, "10"),
    change(SPOT.name, 6, "17"),
    change(SPOT.name, 12, None),
    change(SPOT.name, 18, "12.5"),
    change(STEADY.name, 12, "98"),
]
SERIES = price_series([SPOT, STEADY, NEVER], CHANGES)


def test_an_offer_without_a_change_has_no_line() -> None:
    assert [one.offer for one in SERIES] == [SPOT, STEADY]


def test_a_line_shows_how_the_price_went() -> None:
    text = render_history(SERIES, limit=0, now=NOW + 24 * DAY, style=Style())

    head, spot, steady, _, note = text.splitlines()
    assert "SINCE 2026-07-01" in head
    assert spot.split()[2:6] == ["p5", "spot", "10.0000", "17.0000"]
    assert spot.endswith("12.5000        3  ▁▁▁▁▁██████······▃▃▃▃▃▃▃")
    assert steady.endswith("98.0000        0  ···········▁▁▁▁▁▁▁▁▁▁▁▁▁")
    assert note.startswith("2 offers with a history")


def test_what_is_left_out_is_said() -> None:
    text = render_history(SERIES, limit=1, now=NOW + 24 * DAY, style=Style())

    assert "Shown: 1 (-limit=0 shows all)." in text
    assert "us-west-2" not in text


def test_without_any_history_it_is_said() -> None:
    assert "`broker refresh`" in render_history([], limit=0, now=NOW, style=Style())


def test_a_single_instant_has_a_line_too() -> None:
    text = render_history(SERIES[1:], limit=0, now=NOW, style=Style())

    assert text.splitlines()[1].endswith("▁" * 24)


def test_programs_get_every_change() -> None:
    first, second = history_document(SERIES)["history"]

    assert first["offer"] == SPOT.name
    assert [one["price"] for one in first["changes"]] == ["10.00", "17.00", None, "12.50"]
    assert second["changes"] == [{"at": "2026-07-13T00:00:00Z", "price": "98.00", "listed": True}]


def test_a_sparkline_spans_its_lowest_and_highest() -> None:
    assert sparkline([Money(n) for n in range(8)]) == "▁▂▃▄▅▆▇█"
    assert sparkline([Money(5)] * 3) == "▁▁▁"
    assert sparkline([None, None]) == "··"
    assert sparkline([]) == ""
