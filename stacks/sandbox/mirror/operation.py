"""How one type of resource is made, found and taken away through AWS's own interface."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stacks.sandbox.outputs.formulas import filled


class Step(NamedTuple):
    """One request: *operation* as boto3 names it, *arguments* as a template over the resource."""

    operation: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What to ask of *service*.

    *tells* are the paths in the answer of *create* by the number that they set in formulas, *outputs*
    those by the output. *tagged* is EC2's word for the resource where tags go beside it. *look* fails
    if it is gone. *skips* is the beginning of an input that AWS has of itself, by its name.
    """

    service: str
    create: Step
    after: tuple[Step, ...] = ()
    tells: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    tagged: str = ""
    look: Step | None = None
    update: Step | None = None
    delete: tuple[Step, ...] = ()
    skips: tuple[str, str] | None = None


def arguments(step: Step, known: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a request, without those that the resource does not state."""
    pruned = _pruned(filled(step.arguments, known))
    return dict(pruned) if isinstance(pruned, dict) else {}


def _pruned(value: Any) -> Any:
    match value:
        case Mapping():
            below = {key: _pruned(one) for key, one in value.items()}
            return {key: one for key, one in below.items() if one is not None} or None
        case list():
            return [one for one in map(_pruned, value) if one is not None] or None
        case _:
            return value
