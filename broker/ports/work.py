"""What the broker asks about the work inside a member."""

from collections.abc import Callable, Mapping

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Unavailable
from broker.domain.ids import PoolName
from broker.domain.members import Member
from broker.ports.state import MemberRecord

LiveWork = Callable[[Member, MemberRecord], Mapping[PoolName, int]]
"""How many pods run on each pool of a member; a pool that nobody works on may be left out.

What is recorded of the member tells how to reach it. Raises a CloudError where it can not be asked, and
UsageInvalid without a library for that: then nobody knows, and nothing may be taken away.
"""


def nobody_works(_: Member, __: MemberRecord) -> Mapping[PoolName, int]:
    """For members into which nothing was put."""
    return {}


def nobody_can_tell(member: Member, _: MemberRecord) -> Mapping[PoolName, int]:
    """For members whose provisioner brings nobody who could look inside; raises Unavailable."""
    raise Unavailable(
        Diagnostic(
            code="work-unknown",
            subject=f"cluster.{member.name}",
            summary=f"Nobody can tell which pods run on cluster.{member.name}: nothing of it goes",
            detail="The installed provisioner can make clusters, and not look into them.",
            hint="Say -drained if whatever runs there may be lost.",
        )
    )
