"""`broker sandbox`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from broker.cli.options import json_flag, option, verb
from broker.cli.values import Names, flat
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid

if TYPE_CHECKING:
    from broker.ports.sandbox import SandboxEngine, SandboxPlace, SandboxRecord

LOOK_SECONDS = 5.0
"""How often a sandbox looks whether its folder is still there: without it, nobody could stop it."""

ACTIONS = {
    "start": (0, 0),
    "stop": (0, 0),
    "status": (0, 0),
    "run": (0, 0),
    "resources": (0, 0),
    "drift": (1, 2),
    "stock-out": (1, 1),
    "restock": (1, 1),
}
"""How many words may follow each."""


@verb("sandbox")
@click.argument("action", type=click.Choice([*ACTIONS]), metavar="ACTION")
@click.argument("words", nargs=-1, metavar="[WORD]...")
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
    help="Let some regions fail, each in another way, some machine types be sold out, and some calls "
    "fail once: the same ones for the same seed.",
)
@option(
    "region",
    metavar="REGION",
    help="Where a machine type is sold out, or to be had again; everywhere without it.",
)
@json_flag
def command(
    *,
    action: str,
    words: tuple[str, ...],
    cloud: tuple[tuple[str, ...], ...],
    faults: int | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Run stand-ins for the clouds on this computer, over the bundled list prices.

    `start` runs them in the background, `run` in the foreground until Ctrl-C, `status` says where they
    listen, `stop` ends them. While the sandbox of a folder is there, `broker refresh` asks it and
    nobody else, and plan, explain and offers read what was refreshed from it; what was known of real
    clouds is kept aside.

    `resources` lists what was made there. `drift ADDRESS PROPERTY=VALUE` changes one by hand, behind
    the broker's back, and `drift ADDRESS` deletes it; an address is an id, a name, type:name or a URN.
    A property is one that it was made with (`tags.by=hand`, `nodeCount=5`, `taints[0].key=x`); a value is
    JSON, or else text. `stock-out MACHINE_TYPE` lets no node of it be had any more, `restock MACHINE_TYPE`
    takes that back.
    """
    from broker import bootstrap

    _check_words(action, words)
    place = bootstrap.sandbox_place()
    if action == "run":
        _run(place, flat(cloud), faults)
    elif action == "stop":
        stopped = place.stop()
        _tell("The sandbox has ended." if stopped else "No sandbox was running.")
    elif action in ("start", "status"):
        record = place.spawn(flat(cloud), faults) if action == "start" else place.record()
        _show(record, is_running=place.is_running(), as_json=as_json)
    elif action == "resources":
        _list(as_json=as_json)
    else:
        _steer(action, words, region)


def _check_words(action: str, words: tuple[str, ...]) -> None:
    fewest, most = ACTIONS[action]
    if not fewest <= len(words) <= most:
        raise UsageInvalid(
            Diagnostic(
                code="usage-invalid",
                subject=f"broker sandbox {action}",
                summary=f"{action} takes {_count(fewest, most)} after it, not {len(words)}",
                hint="See `broker sandbox -help`.",
            )
        )


def _count(fewest: int, most: int) -> str:
    if most == 0:
        return "nothing"
    return "one word" if fewest == most else f"{fewest} or {most} words"


def _run(place: "SandboxPlace", clouds: tuple[str, ...], fault_seed: int | None) -> None:
    import signal
    from threading import Event

    from broker import bootstrap
    from broker.usecases.sandbox import World, serve

    ended = Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, lambda *_: ended.set())

    def wait(record: "SandboxRecord") -> None:
        _show(record, is_running=True, as_json=False)
        sys.stdout.flush()
        while not ended.wait(LOOK_SECONDS) and place.is_running():
            pass

    world = World(
        clouds=bootstrap.sandbox_clouds(clouds),
        engines=bootstrap.sandbox_engines(),
        offers=bootstrap.bundled_snapshot().offers,
        folder=bootstrap.sandbox_folder(),
    )
    serve(world, place, wait, fault_seed=fault_seed)


def _show(record: "SandboxRecord | None", *, is_running: bool, as_json: bool) -> None:
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.sandbox import render_sandbox, sandbox_document

    if as_json:
        print_json(sandbox_document(record, is_running=is_running))
        return
    missing = [found for engine in bootstrap.sandbox_engines() for found in engine.readiness()]
    _tell(render_sandbox(record, is_running=is_running, missing=missing))


def _list(*, as_json: bool) -> None:
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.sandbox import render_resources, resources_document

    folder = bootstrap.sandbox_folder()
    resources = [one for engine in bootstrap.sandbox_engines() for one in engine.resources(folder)]
    if as_json:
        print_json(resources_document(resources))
    else:
        _tell(render_resources(resources))


def _steer(action: str, words: tuple[str, ...], region: str | None) -> None:
    from broker import bootstrap

    if action in ("stock-out", "restock"):
        _sell(words[0], region, has_some=action == "restock")
        return
    for engine in bootstrap.sandbox_engines():
        _drift(engine, words)


def _sell(machine_type: str, region: str | None, *, has_some: bool) -> None:
    from broker import bootstrap
    from broker.usecases.sandbox import restock, sold

    offers = bootstrap.bundled_snapshot().offers
    spelled, place = sold(offers, machine_type, region)
    engines, folder = bootstrap.sandbox_engines(), bootstrap.sandbox_folder()
    if has_some:
        restock(engines, folder, spelled, place)
        where = f"in {place}" if place else "wherever it was sold out"
        _tell(
            f"{spelled} is to be had again {where}. What is remembered as out of stock is left aside until "
            "-forget-stock-outs."
        )
        return
    for engine in engines:
        engine.stock_out(folder, spelled, place)
    _tell(f"No {spelled} is to be had any more {f'in {place}' if place else 'anywhere'}.")


def _drift(engine: "SandboxEngine", words: tuple[str, ...]) -> None:
    from broker import bootstrap

    path, value = _assignment(words[1]) if len(words) > 1 else (None, None)
    changed = engine.drift(bootstrap.sandbox_folder(), words[0], path, value)
    what = f"has {words[1]} now" if path else "is gone"
    _tell(f"{changed.type} {changed.name} {what}, and nobody was told.")


def _assignment(text: str) -> tuple[str, Any]:
    """`scalingConfig.desiredSize=7`: the value is JSON, or else text."""
    import json

    path, separator, value = text.partition("=")
    if not separator or not path:
        raise UsageInvalid(
            Diagnostic(
                code="usage-invalid",
                subject=text,
                summary=f"{text!r} is not PROPERTY=VALUE",
                hint="As in `broker sandbox drift pool scalingConfig.desiredSize=7`.",
            )
        )
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def _tell(text: Any) -> None:
    sys.stdout.write(f"{text}\n")
