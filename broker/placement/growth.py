"""How far a workload may grow where it is, once autoscaling asks for it."""

from fractions import Fraction

from broker.placement.candidates import Candidate


def growth_per_unit(candidate: Candidate) -> Fraction:
    """Nodes, in part, for the replicas that a unit stands for when the workload is at its most.

    Nothing unless the workload asks that it can grow where it is.
    """
    replicas = candidate.workload.replicas
    if not replicas.grows or candidate.workload.run.is_burst:
        return Fraction(0)
    share = Fraction(replicas.maximum - replicas.minimum, replicas.minimum)
    return share * candidate.replicas_per_unit / candidate.per_node
