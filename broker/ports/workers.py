"""Who does several pieces of work at once."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Task = TypeVar("Task")
Done = TypeVar("Done")


class Workers(Protocol):
    """Does pieces of work that do not depend on each other."""

    def each(self, work: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
        """What *work* makes of each of *tasks*, in their order, whoever is done first.

        *work* is a function of a module, tasks and what it makes of them can be pickled, and the
        same task always makes the same. Raises what *work* raises, and KeyboardInterrupt: then
        nothing goes on working.
        """
        ...


class InTurn:
    """One after the other, here."""

    def each(self, work: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
        """As promised."""
        return [work(task) for task in tasks]


_: type[Workers] = InTurn
