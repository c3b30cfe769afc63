"""The replica of a state: what is asked before it takes its place, and what came of it."""

from typing import TYPE_CHECKING, Any

from broker.cli.render.diagnostics import FORMAT_VERSION
from broker.ports.state import State

if TYPE_CHECKING:
    from broker.usecases.replica import Promotion


def copied_document(state: State, address: str) -> dict[str, Any]:
    """What the place holds now, for programs."""
    return {
        "format_version": FORMAT_VERSION,
        "address": address,
        "lineage": state.lineage,
        "serial": state.serial,
    }


def render_promotion(asked: "Promotion") -> str:
    """What is about to become the state, and what may be lost."""
    copied = asked.copied
    loss = (
        "The state can still be reached, and nobody is changing it: the copy is as new as it is."
        if asked.is_reachable
        else "The state can not be reached or read, or is gone: what was written after that is lost."
    )
    return (
        f"{asked.address} holds serial {copied.state.serial} of fleet {copied.state.fleet},\n"
        f"copied from {copied.source} at {copied.copied_at:%Y-%m-%d %H:%M:%S}Z.\n{loss}\n\n"
        "Do you really want to make it the state, for everybody? Only `yes` will be accepted.\n"
    )


def render_promoted(state: State, address: str) -> str:
    """What everybody has to do from now on."""
    return (
        f"{address} is the state now, with serial {state.serial}.\n"
        f"Set BROKER_STATE={address} wherever broker runs, and BROKER_STATE_REPLICA to another place.\n"
    )
