"""`broker key`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.cli.options import json_flag, shell_path, verb
from broker.cli.subcommands import DashedGroup

if TYPE_CHECKING:
    from broker.ports.signing import PublicKey


@click.group("key", cls=DashedGroup, no_args_is_help=True)
def command() -> None:
    """Look at the key that signs your plans, and say whose signatures you believe.

    The key is made when it is needed first, and stays on this computer; its public half is what others
    need to believe your plans. Without a word from you, nobody's signature is believed but your own.
    """


@verb("show", short="Print your public key, for others to trust")
@json_flag
def show(*, as_json: bool) -> None:
    """Print your public key, for others to trust, with the id that plans name it by."""
    from broker import bootstrap
    from broker.usecases.key import own_key

    _print(own_key(bootstrap.keys()), as_json=as_json)


@verb("new", short="Make a signing key, if you have none")
@json_flag
def new(*, as_json: bool) -> None:
    """Make a signing key, if you have none, and print its public half."""
    from broker import bootstrap
    from broker.usecases.key import new_key

    _print(new_key(bootstrap.keys()), as_json=as_json)


@verb("list", short="List the keys that are believed")
@json_flag
def list_(*, as_json: bool) -> None:
    """List the keys that are believed: your own, and those that you trust."""
    from broker import bootstrap
    from broker.cli.render.diagnostics import FORMAT_VERSION, print_json

    ring = bootstrap.keys()
    own, others = ring.own(), ring.others()
    if as_json:
        trusted = [key.id for key in others]
        document = {"own": None if own is None else own.id, "trusted": trusted}
        print_json({"format_version": FORMAT_VERSION, **document})
        return
    lines = [] if own is None else [f"{own.id}  your own"]
    lines += [f"{key.id}  trusted" for key in others]
    sys.stdout.write("".join(f"{line}\n" for line in lines or ["No key is believed yet."]))


@verb("trust", short="Believe the signatures of somebody else's key")
@click.argument(
    "file", type=click.Path(path_type=Path), metavar="FILE", shell_complete=shell_path("file")
)
@json_flag
def trust(*, file: Path, as_json: bool) -> None:
    """Believe what is signed with the public key in FILE, which `broker key show` printed elsewhere.

    Compare the id with theirs by another way than the one by which FILE came.
    """
    from broker import bootstrap
    from broker.usecases.key import trust_key

    ring = bootstrap.keys()
    key = trust_key(ring, file)
    _tell("Your own, believed already" if key == ring.own() else "Trusted", key, as_json=as_json)


@verb("distrust", short="Believe the signatures of a key no longer")
@click.argument("key", metavar="ID")
@json_flag
def distrust(*, key: str, as_json: bool) -> None:
    """Believe the signatures of a key no longer; the beginning of its ID will do."""
    from broker import bootstrap
    from broker.usecases.key import distrust_key

    _tell("No longer trusted", distrust_key(bootstrap.keys(), key), as_json=as_json)


for action in (show, new, list_, trust, distrust):
    command.add_command(action)


def _print(key: "PublicKey", *, as_json: bool) -> None:
    from broker.cli.render.diagnostics import FORMAT_VERSION, print_json

    if as_json:
        print_json({"format_version": FORMAT_VERSION, "id": key.id, "pem": key.pem})
    else:
        sys.stdout.write(f"{key.id}\n{key.pem}")


def _tell(what: str, key: "PublicKey", *, as_json: bool) -> None:
    from broker.cli.render.diagnostics import FORMAT_VERSION, print_json

    if as_json:
        print_json({"format_version": FORMAT_VERSION, "id": key.id})
    else:
        sys.stdout.write(f"{what}: {key.id}\n")
