"""No more than was paid ahead."""

from broker.placement.constraints.quotas import constrain_limits
from broker.placement.variables import Variables


def constrain_reservations(v: Variables) -> None:
    """For each reservation: no more nodes of its offer than are reserved.

        nodes[o] ≤ reserved                                           for each reserved offer o

    Its nodes cost nothing more, so they are used first wherever they save anything.
    """
    constrain_limits(v, (quota for quota in v.problem.spec.quotas if quota.reservation))
