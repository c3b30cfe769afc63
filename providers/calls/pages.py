"""Reading a list page by page, to its end and never in a circle."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from providers.calls.failures import Question, looping

MOST_PAGES = 2_000
"""More than any list of a cloud has; one that is longer does not end."""

Page = TypeVar("Page")


def pages(
    read: Callable[[str | None], tuple[Page, str | None]], question: Question
) -> Iterator[Page]:
    """Each page in turn; *read* takes the token of a page, and returns that page and the next.

    The first page has the token None, and so has what follows the last. Raises Unavailable when a
    token comes a second time, or when there is no end.
    """
    seen: set[str] = set()
    token: str | None = None
    for _ in range(MOST_PAGES):
        page, token = read(token)
        if token is not None and token in seen:
            raise looping(question)
        yield page
        if token is None:
            return
        seen.add(token)
    raise looping(question)
