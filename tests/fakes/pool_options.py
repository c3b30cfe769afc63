"""Pools that ask for one thing each, beside a plain one: what each of them changes, in one run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from broker.domain.members import Member
from tests.fakes.recorded_stacks import Recorded, a_pool, between_pools, record

Options = dict[str, tuple[dict[str, Any], dict[str, Any]]]
"""By label, what a pool asks for beside the plain one, and all that this changes."""


@dataclass(frozen=True, slots=True)
class Optional:
    """A run with a pool for each option; *names* are those of the pools, by label."""

    recorded: Recorded
    names: Mapping[str, str]

    def changed_by(self, label: str) -> dict[str, Any]:
        """All in which the pool of that option differs from the plain one."""
        return between_pools(self.recorded, a_pool(), a_pool(self.names[label]))


def with_options(
    options: Options, member: Callable[..., Member], machine: Mapping[str, Any]
) -> Optional:
    """Run the program of a *member* whose pools are of *machine*, each with one of *options*."""
    names = {label: f"q{number:02}z" for number, label in enumerate(options)}
    pools = [a_pool(names[label], **{**machine, **options[label][0]}) for label in options]
    return Optional(record(member(a_pool(**machine), *pools)), names)
