"""`broker workspace`: several states in one folder, so that one spec makes several fleets."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import BrokerError, UsageInvalid
from broker.domain.wording import many
from broker.ports.state import StateStore
from broker.ports.state_names import StateNames


def made(names: StateNames, name: str) -> None:
    """Add a workspace and work on it; raises UsageInvalid and Unwritable."""
    names.make(name)
    names.select(name)


def ends(
    names: StateNames, store_of: Callable[[str], StateStore]
) -> tuple[dict[str, datetime], list[Diagnostic]]:
    """When the fleets of workspaces are to end, of those that are; and warnings of states that can not be read."""
    found: dict[str, datetime] = {}
    unknown: list[Diagnostic] = []
    for name in names.names():
        try:
            state = store_of(name).read()
        except BrokerError as error:
            unknown += [replace(d, severity=Severity.WARNING) for d in error.diagnostics]
            continue
        if state is not None and state.expires_at is not None:
            found[name] = state.expires_at
    return found, unknown


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
