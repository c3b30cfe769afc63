"""Taking away what was made: the same for `destroy`, `apply -destroy` and `plan -destroy`."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broker.cli.changing import WAYS_TO_DESTROY, agreed, carried_out, means_of
from broker.cli.exit_codes import ExitCode
from broker.cli.interrupts import interruptible
from broker.cli.options import typed_place
from broker.cli.values import flat
from broker.cli.variables import Typed, given_values, typed_values
from broker.domain.spec import FLEET_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.cli.talk import Talk
    from broker.domain.spec import FleetSpec
    from broker.ports.stores import SignedPlan
    from broker.usecases.destroy import DestroyRequest, Removal

QUESTION = "Do you really want to destroy this? There is no undo."


def destroyed_as(talk: "Talk", given: dict[str, Any]) -> ExitCode:
    """Destroy what was *given* by these options, and tell of it."""
    from broker import bootstrap
    from broker.cli.render.applied import render_destroyed
    from broker.cli.render.style import style_for
    from broker.usecases.destroy import destroy

    def agree(_: "Removal") -> bool:
        return agreed(QUESTION, given, ways=WAYS_TO_DESTROY)

    request = removal_wanted(given)
    talk.findings(bootstrap.stand_in_notice())
    with interruptible(means_of(given, talk)) as used:
        destroyed = destroy(
            request, used, agree, told=_teller(talk, given), work=bootstrap.live_work()
        )
    talk.findings(destroyed.warnings)
    return carried_out(talk, render_destroyed(destroyed, style_for()), destroyed, "destroy")


def destroyed_by(saved: "SignedPlan", talk: "Talk", given: dict[str, Any], path: str) -> ExitCode:
    """Destroy what the plan *saved* in the file *path* says, and tell of it."""
    from broker import bootstrap
    from broker.cli.render.applied import render_destroyed
    from broker.cli.render.style import style_for
    from broker.usecases.removal_plans import RemovalTerms, apply_removal

    fleet = Path(FLEET_FILE)
    drained = ["-drained"] if given["drained"] else []
    command = shlex.join(["broker", "apply", *typed_place(), *drained, path])
    wanted = removal_wanted({**given, "fleet": fleet})
    terms = RemovalTerms(
        fleet=fleet, asked=replace(wanted, command=command), oldest_plan=given["max_plan_age"]
    )
    talk.findings(bootstrap.stand_in_notice())
    with interruptible(means_of(given, talk)) as used:
        destroyed = apply_removal(
            saved, terms, used, _teller(talk, given), work=bootstrap.live_work()
        )
    return carried_out(talk, render_destroyed(destroyed, style_for()), destroyed, "destroy")


def _teller(talk: "Talk", given: dict[str, Any]) -> "Callable[[Removal], None]":
    """Show what is about to go."""
    from broker.cli.render.removal import render_removal
    from broker.cli.render.style import style_for
    from broker.usecases.removal_documents import removal_document

    def told(removal: "Removal") -> None:
        text = render_removal(removal, style_for(), lists_all=given["resources"])
        talk.planned(removal_document(removal), text)

    return told


def removal_wanted(given: dict[str, Any]) -> "DestroyRequest":
    """What is to be taken away by these options, and what must stay."""
    from broker.usecases.destroy import DestroyRequest

    return DestroyRequest(
        target=flat(given["target"]),
        exclude=flat(given["exclude"]),
        drained=given["drained"],
        spec=spec_of(given["fleet"], given["variables"]),
        command=shlex.join(["broker", "destroy", *typed_removal(given)]),
    )


def spec_of(fleet: Path, typed: Typed = ()) -> "FleetSpec | None":
    """What says what must not be destroyed; None where there is no spec any more."""
    from broker import bootstrap
    from broker.spec.load import is_there, load
    from broker.spec.lower import lower

    if not is_there(fleet):
        return None
    regions = bootstrap.snapshot().network.regions
    return lower(load(fleet, given_values(typed)), regions, bootstrap.accelerators()).spec


def typed_removal(given: dict[str, Any]) -> list[str]:
    """The arguments with which to go on."""
    words = [*typed_place(), *(f"-target={address}" for address in flat(given["target"]))]
    words += [f"-exclude={address}" for address in flat(given["exclude"])]
    words += typed_values(given["variables"], given["fleet"])
    words += [] if str(given["fleet"]) == "fleet.yaml" else [f"-fleet={given['fleet']}"]
    return [*words, *(f"-{n.replace('_', '-')}" for n in ("drained", "auto_approve") if given[n])]
