"""`broker destroy`."""

from typing import Any

from broker.cli.changing import (
    ADDRESSES,
    WAYS_TO_DESTROY,
    changing_options,
    check_approvable,
)
from broker.cli.exit_codes import ExitCode
from broker.cli.options import (
    compact_warnings_flag,
    flag,
    fleet_option,
    option,
    resources_flag,
    verb,
)
from broker.cli.removing import destroyed_as
from broker.cli.variables import variable_options
from broker.domain.errors import BrokerError


@verb("destroy")
@option("target", help="Destroy only this: cluster.NAME or pool.CLUSTER.NAME.", **ADDRESSES)
@option("exclude", help="Destroy everything but this.", **ADDRESSES)
@flag("drained", help="Destroy pools on which work still runs: it was drained, or may be lost.")
@resources_flag
@fleet_option("The spec that says what must not be destroyed, if it is there.")
@variable_options
@compact_warnings_flag
@changing_options
def command(**given: Any) -> ExitCode:
    """Take away what was made: pools, clusters, networks and keys, once you have typed `yes`.

    Refuses, with exit code 3, clusters that fleet.yaml protects and pools on which work runs. What
    fails stays recorded, with exit code 4, and the same command goes on.
    """
    from broker import bootstrap
    from broker.cli.talk import talking

    clock, into, read = bootstrap.clock(), given["json_into"], given["fleet"]
    with talking(clock, as_json=given["as_json"], into=into, read=read) as chosen:
        try:
            check_approvable("broker destroy", given, ways=WAYS_TO_DESTROY)
            return destroyed_as(chosen, given)
        except BrokerError as error:
            return chosen.failed(error)
