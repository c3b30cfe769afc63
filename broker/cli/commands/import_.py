"""`broker import`."""

import shlex
from typing import TYPE_CHECKING, Any

import click

from broker.cli.changing import means_of, running_options
from broker.cli.exit_codes import ExitCode
from broker.cli.interrupts import interruptible
from broker.cli.options import flag, fleet_option, typed_place, verb
from broker.cli.question import question_options, surroundings
from broker.cli.variables import typed_values
from broker.domain.errors import BrokerError

if TYPE_CHECKING:
    from broker.cli.talk import Talk


@verb("import")
@click.argument("clusters", nargs=-1, metavar="[CLUSTER]...")
@fleet_option("The spec that the clusters were made from.")
@flag("allow-unplaced", help="Where not all work can be placed, take the best part for the fleet.")
@question_options
@running_options
def command(**given: Any) -> ExitCode:
    """Record clusters that the clouds have and this folder does not know; changes no cloud.

    Decides FLEET as `broker plan` does, and looks for each CLUSTER of it (all, if none is named) by
    names and tags. What is there is recorded; what is missing, or differs, is shown by the next plan
    and set right by the next apply. A cluster that is not tagged as this fleet's is refused.
    """
    from broker import bootstrap
    from broker.cli.talk import talking

    clock, into, read = bootstrap.clock(), given["json_into"], given["fleet"]
    with talking(clock, as_json=given["as_json"], into=into, read=read) as chosen:
        try:
            return _import(chosen, given)
        except BrokerError as error:
            return chosen.failed(error)


def _import(talk: "Talk", given: dict[str, Any]) -> ExitCode:
    from broker.cli.render.imported import render_imported
    from broker.cli.render.style import style_for
    from broker.usecases.import_ import ImportRequest, import_members

    request = ImportRequest(
        fleet=given["fleet"],
        clusters=given["clusters"],
        allow_unplaced=given["allow_unplaced"],
        command=_typed(given),
    )
    asking = {
        name: given[name] for name in ("accept_missing_regions", "max_price_age", "variables")
    }
    used = means_of(given, talk)
    with interruptible(used) as stoppable:
        imported = import_members(request, surroundings(talk.progress, **asking), stoppable)
    talk.findings(imported.warnings)
    return talk.ended(
        render_imported(imported, style_for()),
        ExitCode.OK,
        operation="import",
        serial=imported.state.serial,
        clusters_imported=list(imported.recorded),
        clusters_incomplete=[n for n in imported.recorded if not imported.adoptions[n].is_complete],
        clusters_not_there=[n for n in imported.adoptions if n not in imported.recorded],
    )


def _typed(given: dict[str, Any]) -> str:
    """What to type to go on."""
    words = ["broker", "import", *typed_place(), *given["clusters"]]
    if str(given["fleet"]) != "fleet.yaml":
        words.append(f"-fleet={given['fleet']}")
    words += typed_values(given["variables"], given["fleet"])
    flags = ("allow_unplaced", "accept_missing_regions")
    return shlex.join([*words, *(f"-{n.replace('_', '-')}" for n in flags if given[n])])
