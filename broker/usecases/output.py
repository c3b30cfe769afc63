"""`broker output`: what is known of each cluster that is there, for people and for other programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.geography import RegionKey
from broker.planning.addresses import guess
from broker.ports.state import MemberRecord, State, StateStore

Type = str | list[Any]
"""As Terraform writes types: `"string"`, `["object", {"endpoint": "string"}]`."""

OF_A_CLUSTER = "cluster."


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One value with its *type*. None is secret: a secret never gets into the state."""

    value: Any
    type: Type


def outputs(states: StateStore) -> dict[str, Output]:
    """What is known of each cluster, by its name; nothing where nothing is recorded: StateInvalid."""
    state = states.read()
    return {} if state is None else outputs_of(state)


def outputs_of(state: State) -> dict[str, Output]:
    """Those of the clusters that were made; of one that was only begun nothing is known."""
    values = {str(record.name): _value(record) for record in state.members if record.outputs}
    return {name: Output(value=values[name], type=type_of(values[name])) for name in sorted(values)}


def output(states: StateStore, name: str) -> Output:
    """One of them, or a value in it: `aws-us-east-1`, `aws-us-east-1.endpoint`.

    Raises UsageInvalid where there is none, and StateInvalid.
    """
    known = {key: each.value for key, each in outputs(states).items()}
    value: Any = known
    path = ""
    for step in _steps(name, known):
        if not isinstance(value, Mapping) or step not in value:
            raise UsageInvalid(_unknown(name, path, value))
        value, path = value[step], f"{path}.{step}".lstrip(".")
    return Output(value=value, type=type_of(value))


def _steps(name: str, known: Mapping[str, Any]) -> list[str]:
    """A name of a pool or a workload may have dots in it; the outputs of a cluster have none."""
    cluster, *rest = name.removeprefix(OF_A_CLUSTER).split(".", 2)
    return [cluster, *rest]


def _value(record: MemberRecord) -> dict[str, Any]:
    region = RegionKey.parse(str(record.member["region"]))
    place = {"provider": str(region.provider), "region": str(region.region)}
    return dict(sorted({**place, **record.outputs}.items()))


def type_of(value: Any) -> Type:
    """The type of *value*, in Terraform's words.

    >>> type_of({"endpoint": "https://k8s", "sizes": [1, 2], "on": True})
    ['object', {'endpoint': 'string', 'sizes': ['tuple', ['number', 'number']], 'on': 'bool'}]
    """
    match value:
        case Mapping():
            return ["object", {str(key): type_of(each) for key, each in value.items()}]
        case list() | tuple():
            return ["tuple", [type_of(each) for each in value]]
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case _:
            return "string" if isinstance(value, str) else "dynamic"


def _unknown(name: str, path: str, value: Any) -> Diagnostic:
    """That it is not there; *value* is what is at *path*, up to which all of it is."""
    names = [f"{path}.{key}".lstrip(".") for key in value] if isinstance(value, Mapping) else []
    there = f"There are: {', '.join(sorted(names))}." if names else "There is none."
    return Diagnostic(
        code="output-unknown",
        subject=name,
        summary=f"There is no output {name}",
        hint=f"{guess(name.removeprefix(OF_A_CLUSTER), names)}{there}",
    )
