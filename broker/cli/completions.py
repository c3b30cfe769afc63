"""What a shell asks for when it completes, and values it can get: names from the tables."""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import (
    BashComplete,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    shell_complete,
)

from broker.domain.errors import BrokerError
from broker.ports.atlas import Atlas

VARIABLE = "_BROKER_COMPLETE"
"""By which the script of `broker completion` asks for words."""


class BashWords(BashComplete):
    """Bash, which takes `-gpu=H100` for three words."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words, without the equals signs that bash has torn off."""
        words, incomplete = super().get_completion_args()
        return [word for word in words if word != "="], incomplete


SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashWords,
    "zsh": ZshComplete,
    "fish": FishComplete,
}


def answer(command: click.Command, instruction: str) -> int:
    """Answer a shell's question, which is in the environment; returns an exit code."""
    add_completion_class(BashWords)
    return shell_complete(command, {}, "broker", VARIABLE, instruction)


Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def from_atlas(names: Callable[[Atlas], Iterable[str]]) -> Completer:
    """Complete the last of a comma-separated list from *names*; a damaged atlas offers none."""

    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        from broker import bootstrap

        before, comma, last = incomplete.rpartition(",")
        try:
            known = sorted(set(names(bootstrap.atlas())))
        except BrokerError:
            return []
        return [f"{before}{comma}{name}" for name in known if name.lower().startswith(last.lower())]

    return complete


def accelerators(atlas: Atlas) -> Iterable[str]:
    """Full names and models."""
    return (name for one in atlas.accelerators() for name in (one.name, one.model))


def clouds(atlas: Atlas) -> Iterable[str]:
    """Those with a region."""
    return (region.key.provider for region in atlas.regions())


def regions(atlas: Atlas) -> Iterable[str]:
    """As the clouds write them."""
    return (region.key.region for region in atlas.regions())


def jurisdictions(atlas: Atlas) -> Iterable[str]:
    """Countries and unions."""
    return (law for region in atlas.regions() for law in region.jurisdictions)
