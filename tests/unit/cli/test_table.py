"""Tables fit: they are broken into lines, or say what they leave out."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.cli.render.lines import broken, flowing
from broker.cli.render.style import Style
from broker.cli.render.table import LAST, UNBOUNDED, Column, fitting, left_out, render_table

NAME = Column(title="NAME", cells=["a", "b"])
AGE = Column(title="AGE", cells=["1 d", "2 d"], expendable=2)
SOURCE = Column(title="SOURCE", cells=["here", "there"], expendable=1)
TYPE = Column(title="TYPE", cells=["Standard_NC24ads_A100_v4", "g2"], breakable=True)
RULE = Column(title="RULE", cells=["it lies in a land where the law is another", "ok"], prose=True)


def table(columns: list[Column], width: int) -> str:
    return render_table(fitting(columns, width), Style())


def test_what_fits_is_left_as_it_is() -> None:
    columns = [NAME, AGE, SOURCE, TYPE, RULE]

    assert fitting(columns, UNBOUNDED) == columns
    assert left_out(columns, columns) == []


def test_what_is_expendable_goes_in_turn_and_is_named() -> None:
    columns = [NAME, AGE, SOURCE]

    kept = fitting(columns, len("NAME  AGE"))

    assert kept == [NAME, AGE]
    assert left_out(columns, kept) == ["Not shown, for lack of width: SOURCE; -json has all."]
    assert fitting(columns, 4) == [NAME]


def test_prose_is_broken_before_anything_goes() -> None:
    assert table([NAME, AGE, RULE], 40) == (
        "NAME  AGE  RULE\n"
        "a     1 d  it lies in a land where the\n"
        "           law is another\n"
        "b     2 d  ok"
    )


def test_names_are_broken_when_nothing_more_can_go() -> None:
    assert table([TYPE, NAME, AGE], 20) == (
        "TYPE           NAME\nStandard_      a\nNC24ads_A100_\nv4\ng2             b"
    )


def test_what_goes_last_goes_when_breaking_names_does_not_help() -> None:
    last = Column(title="LAST", cells=["12", "34"], expendable=LAST)

    assert len(fitting([TYPE, NAME, last], 22)) == 3
    assert [column.title for column in fitting([TYPE, NAME, last], 21)] == ["TYPE", "NAME"]


def test_a_number_stays_with_its_unit() -> None:
    assert broken("reserved 3 y", 10) == ["reserved", "3 y"]
    assert flowing("a gap of 0.0002 % of it", 14, indent="  ") == "a gap of\n  0.0002 % of\n  it"


@given(text=st.text(st.sampled_from("ab1 -_/"), max_size=60), width=st.integers(1, 30))
def test_breaking_loses_no_letter_and_no_line_is_too_long(text: str, width: int) -> None:
    lines = broken(text, width, parts=True)

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", [10, 20, 30, 40, 60])
def test_a_table_is_no_wider_than_it_may_be_where_that_is_possible(width: int) -> None:
    columns = [TYPE, AGE, SOURCE, RULE]

    least = 10 + 2 + 10
    lines = table(columns, width).splitlines()

    assert max(map(len, lines)) <= max(width, least + 28)


class Counted(list[str]):
    """Cells that count how often all of them are read."""

    readings = 0

    def __iter__(self) -> Iterator[str]:
        """Begin another reading."""
        self.readings += 1
        return super().__iter__()


def test_columns_are_measured_no_oftener_for_many_rows() -> None:
    few, many = Counted(["a"]), Counted(["a"] * 100)

    for cells in (few, many):
        table([Column(title="NAME", cells=cells)], UNBOUNDED)

    assert many.readings == few.readings
