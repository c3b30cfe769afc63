"""Nobody can tell what runs on a member: then nothing of it is taken away."""

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CloudError
from broker.domain.members import Member


def work_unknown(kind: type[CloudError], member: Member, why: str) -> CloudError:
    """An error of that *kind*; *why* holds neither tokens nor what a server wrote."""
    return kind(
        Diagnostic(
            code="work-unknown",
            subject=f"cluster.{member.name}",
            summary=f"Nobody can tell which pods run on cluster.{member.name}: nothing of it goes",
            detail=why,
            hint="Run the command where the API of the cluster can be reached (inside its network, "
            "if it is private), with credentials that may list its nodes and pods; or say -drained "
            "if whatever runs there may be lost.",
        )
    )
