"""`broker doctor`: what is installed, what is missing, and how to get it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum

from broker.catalog.snapshot import Snapshot
from broker.domain.errors import BrokerError
from broker.domain.regions import RegionStatus
from broker.domain.wording import many
from broker.ports.installation import Installation, Program
from broker.usecases.replica import Lag

OLDEST_PYTHON = (3, 11)

LIBRARIES = (
    ("click", "click", "the command line"),
    ("PyYAML", "yaml", "reading fleet.yaml"),
    ("networkx", "networkx", "the decision graph"),
    ("highspy", "highspy", "the solver"),
)

GIT = Program(
    name="git",
    arguments=("--version",),
    purpose="keeping fleet.yaml under review",
    source="https://git-scm.com/downloads",
)

VARIABLE = "BROKER_VAR_"
"""How settings begin that give a variable of a fleet a value; it may be sensitive."""

ENDPOINT = "_ENDPOINT"
"""How settings end that put another address in the place of a cloud's own; each adapter has some."""

SETTINGS = frozenset(
    {
        "BROKER_ATLAS",
        "BROKER_KUBERNETES_CLUSTERS",
        "BROKER_LOG",
        "BROKER_LOG_FORMAT",
        "BROKER_LOG_PATH",
        "BROKER_NOW",
        "BROKER_PROVIDERS",
        "BROKER_PROVISIONER",
        "BROKER_PULUMI",
        "BROKER_SECRETS_PROVIDER",
        "BROKER_STACKS",
        "BROKER_STATE",
        "BROKER_STATE_REPLICA",
        "BROKER_WORKSPACE",
    }
)


class Health(StrEnum):
    """What a check came to; *missing* is of something required, *absent* of something optional."""

    OK = "ok"
    MISSING = "missing"
    ABSENT = "absent"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: what was *found*, what it is for, and how to get it if it is not ok."""

    name: str
    health: Health
    found: str
    purpose: str
    hint: str = ""


def diagnose(
    installation: Installation,
    programs: Sequence[Program],
    catalog: Snapshot | BrokerError,
    conflict: BrokerError | None,
    now: datetime,
    replica: Lag | None = None,
) -> list[Check]:
    """Look at everything, in the order of how much depends on it.

    *replica* is how that of the state stands, if it has one. *programs* are those that installed adapters ask for. *catalog* is the bundled snapshot or what is wrong with it, *conflict* what is wrong with the
    packages of the broker, if anything.
    """
    return [
        _python(installation.python()),
        _packages(conflict),
        *_libraries(installation),
        _catalog(catalog, now),
        *_extras(installation),
        *(_program(installation, program) for program in (GIT, *programs)),
        _terminal(installation.terminal()),
        *([] if replica is None else _replica(replica, now)),
        *_settings(installation.settings()),
    ]


def is_able(checks: Sequence[Check]) -> bool:
    """Whether nothing that is required is missing."""
    return all(check.health is not Health.MISSING for check in checks)


def _python(version: str) -> Check:
    known = tuple(int(part) for part in version.split(".")[:2])
    needed = ".".join(map(str, OLDEST_PYTHON))
    return Check(
        name="python",
        health=Health.OK if known >= OLDEST_PYTHON else Health.MISSING,
        found=version,
        purpose="everything",
        hint="" if known >= OLDEST_PYTHON else f"Install Python {needed} or newer.",
    )


def _packages(conflict: BrokerError | None) -> Check:
    if conflict is None:
        return Check(
            name="packages",
            health=Health.OK,
            found="broker, providers, stacks and policies agree",
            purpose="everything",
        )
    return Check(
        name="packages",
        health=Health.MISSING,
        found="; ".join(d.detail.replace("\n", ", ") or d.summary for d in conflict.diagnostics),
        purpose="everything",
        hint=" ".join(diagnostic.hint for diagnostic in conflict.diagnostics),
    )


def _libraries(installation: Installation) -> Iterator[Check]:
    for distribution, module, purpose in LIBRARIES:
        version = installation.library(distribution, module)
        yield Check(
            name=module,
            health=Health.OK if version else Health.MISSING,
            found=version or "can not be imported",
            purpose=purpose,
            hint="" if version else f"pip install --force-reinstall {distribution}",
        )


def _catalog(catalog: Snapshot | BrokerError, now: datetime) -> Check:
    if isinstance(catalog, BrokerError):
        return Check(
            name="catalog",
            health=Health.MISSING,
            found=str(catalog),
            purpose="list prices without credentials",
            hint=" ".join(diagnostic.hint for diagnostic in catalog.diagnostics),
        )
    dates = [offer.fetched_at for offer in catalog.offers]
    if not dates:
        return Check(
            name="catalog",
            health=Health.MISSING,
            found="no offers",
            purpose="list prices without credentials",
            hint="Reinstall gpu-broker, or unset BROKER_PROVIDERS.",
        )
    gaps = sum(covered.status is not RegionStatus.OK for covered in catalog.coverage)
    return Check(
        name="catalog",
        health=Health.WARNING if gaps else Health.OK,
        found=(
            f"{many(len(dates), 'offer')} in {many(len(catalog.coverage), 'region')}, "
            f"{(now - max(dates)).days} to {(now - min(dates)).days} days old"
        ),
        purpose="list prices without credentials",
        hint=f"{many(gaps, 'region')} gave no answer; `broker offers` names them." if gaps else "",
    )


def _extras(installation: Installation) -> Iterator[Check]:
    """What may be added to the broker: nothing of it is needed to plan."""
    for name, distributions in installation.extras().items():
        versions = {each: installation.version(each) for each in distributions}
        missing = [each for each, version in versions.items() if version is None]
        found = ", ".join(f"{each} {version}" for each, version in versions.items() if version)
        yield Check(
            name=f"[{name}]",
            health=Health.ABSENT if missing else Health.OK,
            found=f"without {', '.join(missing)}" if missing else found,
            purpose=f"the extra {name}; not needed to plan",
            hint=f"pip install 'gpu-broker[{name}]'" if missing else "",
        )


def _program(installation: Installation, program: Program) -> Check:
    line = installation.program(program.path or program.name, *program.arguments)
    if not line:
        health, hint = Health.ABSENT, program.source
    elif program.oldest and _version_in(line) < program.oldest:
        needed = ".".join(map(str, program.oldest))
        health, hint = Health.WARNING, f"{needed} or newer is needed: {program.source}"
    else:
        health, hint = Health.OK, ""
    return Check(
        name=program.name,
        health=health,
        found=_where(program, line),
        purpose=program.purpose,
        hint=hint,
    )


def _where(program: Program, line: str | None) -> str:
    """What it says of itself, and where it is, if that is not to be guessed."""
    if not line:
        return f"does not run: {program.path}" if program.path else "not on the PATH"
    return line if program.path is None or program.path in line else f"{line}, {program.path}"


def _version_in(line: str) -> tuple[int, ...]:
    found = re.search(r"\d+(\.\d+)+", line)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _terminal(terminal: str | None) -> Check:
    return Check(
        name="terminal",
        health=Health.OK if terminal else Health.ABSENT,
        found=terminal or "stdout is no terminal",
        purpose="colour and progress",
    )


def _replica(lag: Lag, now: datetime) -> Iterator[Check]:
    """The replica, and before it the state, if that is what can not be read."""
    if lag.unread:
        yield Check(
            name="state",
            health=Health.WARNING,
            found=lag.unread,
            purpose="what is recorded of the fleet",
            hint=lag.hint,
        )
    is_well = lag.behind == 0
    hint = lag.hint or "`broker state replicate` copies the state there."
    if lag.unread:
        hint = "How far it is behind shows once the state can be read."
    yield Check(
        name="replica",
        health=Health.OK if is_well else Health.WARNING,
        found=_kept(lag, now),
        purpose="reading the state while it can not be reached",
        hint="" if is_well else hint,
    )


def _kept(lag: Lag, now: datetime) -> str:
    copied = lag.copied
    if lag.why or copied is None:
        return lag.why or f"nothing copied to {lag.address} yet"
    minutes = max(0, round((now - copied.copied_at).total_seconds() / 60))
    what = f"serial {copied.state.serial}, copied {minutes:,} min ago"
    if lag.behind is None:
        return f"{what} from {copied.source}"
    told = f"{many(lag.behind, 'serial')} behind" if lag.behind else "up to date"
    return f"{told}: {what}"


def _settings(settings: dict[str, str]) -> Iterator[Check]:
    for name, value in settings.items():
        close = get_close_matches(name, sorted(SETTINGS), n=1)
        is_variable = name.startswith(VARIABLE)
        known = name in SETTINGS or name.endswith(ENDPOINT) or is_variable
        yield Check(
            name=name,
            health=Health.OK if known else Health.WARNING,
            found="set" if is_variable else value,
            purpose="a setting" if known else "nothing: no such setting",
            hint="" if known or not close else f"Did you mean {close[0]}?",
        )
