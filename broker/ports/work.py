"""What the broker asks about the work inside a member."""

from collections.abc import Callable, Mapping

from broker.domain.ids import PoolName
from broker.domain.members import Member

LiveWork = Callable[[Member], Mapping[PoolName, int]]
"""How many pods run on each pool of a member; a pool that nobody works on may be left out.

Raises a CloudError where the member can not be asked: then nobody knows, and nothing may be taken away.
"""


def nobody_works(_: Member) -> Mapping[PoolName, int]:
    """For members into which nothing was put."""
    return {}
