"""The table of verbs: `broker --help` reads it and imports none of them."""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Verb:
    """Where a command is, and what it is for.

    *module* has an attribute `command`, a click.Command. *main* puts it among the verbs of daily
    work; the others are listed below them.
    """

    module: str
    summary: str
    main: bool = True


VERBS = MappingProxyType(
    {
        "init": Verb("broker.cli.commands.init", "Write a fleet.yaml that works, to start from"),
        "validate": Verb("broker.cli.commands.validate", "Check fleet.yaml and show every finding"),
        "fmt": Verb("broker.cli.commands.fmt", "Put fleet.yaml into the canonical layout"),
        "refresh": Verb("broker.cli.commands.refresh", "Ask the clouds what they offer now"),
        "offers": Verb("broker.cli.commands.offers", "List what the clouds sell, and for how much"),
        "plan": Verb("broker.cli.commands.plan", "Decide the cheapest lawful fleet, with proof"),
        "apply": Verb("broker.cli.commands.apply", "Make the planned fleet true, once you agree"),
        "explain": Verb("broker.cli.commands.explain", "Say why a workload runs where it does"),
        "show": Verb("broker.cli.commands.show", "Show a saved plan"),
        "drift": Verb("broker.cli.commands.drift", "Show what the clouds have that is not as made"),
        "destroy": Verb("broker.cli.commands.destroy", "Take away what was made"),
        "reap": Verb("broker.cli.commands.reap", "Destroy what has outlived its -ttl"),
        "import": Verb(
            "broker.cli.commands.import_",
            "Record clusters that the clouds have already",
            main=False,
        ),
        "output": Verb(
            "broker.cli.commands.output",
            "Print what is known of each cluster that is there",
            main=False,
        ),
        "taint": Verb(
            "broker.cli.commands.taint", "Have a pool made anew by the next apply", main=False
        ),
        "untaint": Verb(
            "broker.cli.commands.untaint", "Let a pool stay that was to be made anew", main=False
        ),
        "state": Verb(
            "broker.cli.commands.state",
            "Look at what is recorded, and put it right by hand",
            main=False,
        ),
        "workspace": Verb(
            "broker.cli.commands.workspace",
            "Keep several states in one folder",
            main=False,
        ),
        "force-unlock": Verb(
            "broker.cli.commands.force_unlock",
            "Free a lock whose holder hangs",
            main=False,
        ),
        "audit": Verb(
            "broker.cli.commands.audit",
            "List what was done, and prove that the record holds",
            main=False,
        ),
        "key": Verb(
            "broker.cli.commands.key",
            "Say whose signatures you believe",
            main=False,
        ),
        "sandbox": Verb(
            "broker.cli.commands.sandbox",
            "Run stand-ins for the clouds on this computer",
            main=False,
        ),
        "schema": Verb("broker.cli.commands.schema", "Print a published JSON Schema", main=False),
        "doctor": Verb(
            "broker.cli.commands.doctor", "Say what is installed and what is missing", main=False
        ),
        "version": Verb("broker.cli.commands.version", "Print the version", main=False),
        "completion": Verb(
            "broker.cli.commands.completion", "Print a script that completes in a shell", main=False
        ),
    }
)

NOT_YET = "`broker apply` makes clusters and pools; what runs in them is for a later version."

PLANNED = MappingProxyType(
    {
        "cost": "`broker plan` shows what a fleet costs, by cluster and by team.",
        "down": "`broker destroy` takes away what was made.",
        "forecast": "",
        "migrate": NOT_YET,
        "policy": "State what the law demands as `residency`, `replicate` and `capacity`.",
        "serve": "",
        "simulate": "Plan a changed copy of fleet.yaml: `broker plan COPY -against=PLAN`.",
        "status": "",
        "up": "`broker apply` makes the planned fleet true.",
    }
)
"""Verbs that are announced and not there yet, and what to do meanwhile."""
