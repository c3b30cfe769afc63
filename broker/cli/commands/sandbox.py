"""`broker sandbox`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from broker.cli.options import json_flag, option, verb
from broker.cli.values import Names, flat

if TYPE_CHECKING:
    from broker.ports.sandbox import SandboxPlace, SandboxRecord

LOOK_SECONDS = 5.0
"""How often a sandbox looks whether its folder is still there: without it, nobody could stop it."""

ACTIONS = ("start", "stop", "status", "run")


@verb("sandbox")
@click.argument("action", type=click.Choice(ACTIONS), metavar="|".join(ACTIONS))
@option(
    "cloud",
    type=Names(),
    multiple=True,
    metavar="NAME",
    help="Only these clouds; all that are installed without it.",
)
@option(
    "faults",
    type=click.IntRange(min=0),
    metavar="SEED",
    help="Let some regions fail, each in another way: the same ones for the same seed.",
)
@json_flag
def command(
    *, action: str, cloud: tuple[tuple[str, ...], ...], faults: int | None, as_json: bool
) -> None:
    """Run stand-ins for the clouds on this computer, over the bundled list prices.

    `start` runs them in the background, `run` in the foreground until Ctrl-C, `stop` ends them.
    While the sandbox of a folder is there, `broker refresh` asks it and nobody else, and plan,
    explain and offers read what was refreshed from it; what was known of real clouds is kept aside.
    """
    from broker import bootstrap

    place = bootstrap.sandbox_place()
    if action == "run":
        _run(place, flat(cloud), faults)
    elif action == "stop":
        stopped = place.stop()
        _tell("The sandbox has ended." if stopped else "No sandbox was running.")
    else:
        record = place.spawn(flat(cloud), faults) if action == "start" else place.record()
        _show(record, is_running=place.is_running(), as_json=as_json)


def _run(place: "SandboxPlace", clouds: tuple[str, ...], fault_seed: int | None) -> None:
    import signal
    from threading import Event

    from broker import bootstrap
    from broker.usecases.sandbox import serve

    ended = Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, lambda *_: ended.set())

    def wait(record: "SandboxRecord") -> None:
        _show(record, is_running=True, as_json=False)
        sys.stdout.flush()
        while not ended.wait(LOOK_SECONDS) and place.is_running():
            pass

    serve(
        bootstrap.sandbox_clouds(clouds),
        bootstrap.bundled_snapshot().offers,
        place,
        wait,
        fault_seed=fault_seed,
    )


def _show(record: "SandboxRecord | None", *, is_running: bool, as_json: bool) -> None:
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.sandbox import render_sandbox, sandbox_document

    if as_json:
        print_json(sandbox_document(record, is_running=is_running))
    else:
        _tell(render_sandbox(record, is_running=is_running))


def _tell(text: Any) -> None:
    sys.stdout.write(f"{text}\n")
