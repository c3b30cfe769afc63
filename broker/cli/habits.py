"""What Terraform's users type out of habit and that is called otherwise here, or not there."""

from types import MappingProxyType

VERBS = MappingProxyType(
    {
        "console": "`broker explain WORKLOAD` answers questions about a plan.",
        "get": "Nothing has to be downloaded: `broker doctor` says what is there.",
        "graph": "`broker plan -graph=FILE.svg` draws who runs where.",
        "providers": "`broker doctor` says which clouds' packages are installed.",
    }
)
"""By verb, what to do."""

_SHARED = "BROKER_STATE names where the state is, BROKER_STACKS where the engine's records are."
_VARIABLES = "Verbs that read fleet.yaml take values of variables: `broker plan -var NAME=VALUE`."
_NOTHING_TO_DOWNLOAD = "Nothing is downloaded or configured here. " + _SHARED

OPTIONS = MappingProxyType(
    {
        "-backend": _NOTHING_TO_DOWNLOAD,
        "-backend-config": _NOTHING_TO_DOWNLOAD,
        "-backup": "A copy is kept in .broker/backups before each write.",
        "-migrate-state": "`broker state pull` and `broker state push` move a state.",
        "-reconfigure": _NOTHING_TO_DOWNLOAD,
        "-state": _SHARED,
        "-state-out": _SHARED,
        "-upgrade": _NOTHING_TO_DOWNLOAD,
        "-var": _VARIABLES,
        "-var-file": _VARIABLES,
    }
)
"""By option, what to do."""
