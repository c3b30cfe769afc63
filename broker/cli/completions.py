"""What a shell asks for when it completes, and values it can get: names from the tables."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
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


class WholeWords(ShellComplete):
    """A shell that takes `-gpu=H100` for one word, and wants all of it back."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """What click finds, which is without the option, with it."""
        items = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if not (equals and option.startswith("-")):
            return items
        return [
            CompletionItem(f"{option}={item.value}", type=item.type, help=item.help)
            for item in items
        ]


class ZshWords(WholeWords, ZshComplete):
    """Zsh, which is told where the path begins in `-out=PATH`."""

    source_template = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a plain described response
    local type key help
    (( ! $+commands[%(prog_name)s] )) && return 1
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \
%(complete_var)s=zsh_complete %(prog_name)s)}")
    for type key help in ${response}; do
        case "$type" in
            dir) compset -P '-*='; _path_files -/ ;;
            file) compset -P '-*='; _path_files ;;
            plain)
                if [[ "$help" == "_" ]]; then
                    plain+=("$key")
                else
                    described+=("$key":"$help")
                fi ;;
        esac
    done
    [[ -n "$described" ]] && _describe -V unsorted described -U
    [[ -n "$plain" ]] && compadd -U -V unsorted -a plain
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""


class FishWords(WholeWords, FishComplete):
    """Fish, which gets help with commas in it whole."""

    source_template = """\
function %(complete_func)s
    for line in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) \
COMP_CWORD=(commandline -t) %(prog_name)s)
        set -l parts (string split -m 1 ',' -- $line)
        set -l option (string match -r '^-[^=]*=' -- $parts[2])
        set -l path (string replace -r '^-[^=]*=' '' -- $parts[2])
        switch $parts[1]
            case dir
                for each in (__fish_complete_directories "$path")
                    echo "$option$each"
                end
            case file
                for each in (__fish_complete_path "$path")
                    echo "$option$each"
                end
            case plain
                echo $parts[2]
        end
    end
end

complete --no-files --command %(prog_name)s --arguments '(%(complete_func)s)'
"""


SHELLS: dict[str, type[ShellComplete]] = {"bash": BashWords, "zsh": ZshWords, "fish": FishWords}


def answer(command: click.Command, instruction: str) -> int:
    """Answer a shell's question, which is in the environment; returns an exit code."""
    for shell in SHELLS.values():
        add_completion_class(shell)
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


def examples(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the fleets that `broker init` writes."""
    from broker import bootstrap

    return [name for name in bootstrap.example_fleets() if name.startswith(incomplete)]


def addresses(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """What is recorded in the working folder: the last of a comma-separated list."""
    from broker import bootstrap
    from broker.usecases.state import listed

    before, comma, last = incomplete.rpartition(",")
    try:
        known = [record.address for record in listed(bootstrap.state_store(), ())]
    except BrokerError:
        return []
    return [f"{before}{comma}{address}" for address in known if address.startswith(last)]


def changeable(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The clusters and pools among them, which -target, -exclude and -replace take."""
    found = addresses(ctx, param, incomplete)
    return [a for a in found if a.rpartition(",")[2].startswith(("cluster.", "pool."))]


def outputs(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Clusters of which something is known, and what that is."""
    from broker import bootstrap
    from broker.usecases import output

    try:
        found = output.outputs(bootstrap.state_store())
    except BrokerError:
        return []
    names = [*found, *(f"{name}.{key}" for name, each in found.items() for key in each.value)]
    return [name for name in names if name.startswith(incomplete)]


def workloads(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the workloads in the fleet.yaml of the working folder, however wrong the rest is."""
    from broker.domain.spec import FLEET_FILE
    from broker.spec.load import load_written
    from broker.spec.nodes import plain

    try:
        fleet = plain(load_written(Path(FLEET_FILE)))
    except BrokerError:
        return []
    stated = fleet.get("workloads") if isinstance(fleet, dict) else None
    names = [w.get("name") for w in stated or [] if isinstance(w, dict)]
    return [name for name in names if isinstance(name, str) and name.startswith(incomplete)]
