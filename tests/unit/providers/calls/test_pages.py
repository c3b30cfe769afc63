"""Lists are read to their end and never in a circle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.errors import Unavailable
from providers.calls import pages as module
from providers.calls.failures import Question
from providers.calls.pages import pages

QUESTION = Question("cloud/region", permission="", credentials="")


def book(*following: str | None) -> "Book":
    """Pages named by their tokens: the first is None, and each leads to the next of *following*."""
    return Book(dict(zip((None, *following[:-1]), following, strict=True)))


class Book:
    """What a cloud answers, and what it was asked for."""

    def __init__(self, leads_to: dict[str | None, str | None]) -> None:
        self._leads_to = leads_to
        self.asked: list[str | None] = []

    def read(self, token: str | None) -> tuple[str, str | None]:
        self.asked.append(token)
        return f"page {token}", self._leads_to[token]


def test_a_list_of_one_page_is_asked_for_once() -> None:
    one = book(None)

    assert list(pages(one.read, QUESTION)) == ["page None"]
    assert one.asked == [None]


@given(st.integers(0, 30))
def test_every_page_is_read_once_and_in_order(count: int) -> None:
    tokens = [f"t{n}" for n in range(count)]
    all_of_it = book(*tokens, None)

    assert len(list(pages(all_of_it.read, QUESTION))) == count + 1
    assert all_of_it.asked == [None, *tokens]


@pytest.mark.parametrize("leads_back_to", ["a", "b", "c"])
def test_a_token_that_comes_again_is_an_error_and_not_a_page_more(leads_back_to: str) -> None:
    circle = Book({None: "a", "a": "b", "b": "c", "c": leads_back_to})
    read = []

    with pytest.raises(Unavailable) as caught:
        read.extend(pages(circle.read, QUESTION))

    assert [finding.code for finding in caught.value.diagnostics] == ["cloud-pages-loop"]
    assert circle.asked == [None, "a", "b", "c"]


def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PAGES", 5)
    counted = iter(range(100))

    def read(token: str | None) -> tuple[int, str | None]:
        number = next(counted)
        return number, str(number)

    with pytest.raises(Unavailable):
        list(pages(read, QUESTION))
    assert next(counted) == 5
