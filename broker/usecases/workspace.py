"""`broker workspace`: several states in one folder, so that one spec makes several fleets."""

from collections.abc import Callable

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.wording import many
from broker.ports.state import StateStore
from broker.ports.state_names import StateNames


def made(names: StateNames, name: str) -> None:
    """Add a workspace and work on it; raises UsageInvalid and Unwritable."""
    names.make(name)
    names.select(name)


def deleted(
    names: StateNames, name: str, store_of: Callable[[str], StateStore], *, force: bool = False
) -> None:
    """Forget a workspace.

    Raises UsageInvalid if something is recorded in it, unless *force*: what exists in a cloud would
    be paid for with nobody looking; StateInvalid if that can not be told; and what `remove` raises.
    """
    if name in names.names() and not force:
        state = store_of(name).read()
        if state is not None and state.members:
            raise UsageInvalid(
                Diagnostic(
                    code="workspace-not-empty",
                    subject=name,
                    summary=f"The workspace {name} has {many(len(state.members), 'cluster')}",
                    detail=", ".join(sorted(member.name for member in state.members)),
                    hint=f"`broker destroy -workspace={name}` removes them; -force forgets them.",
                )
            )
    names.remove(name)
