"""The HTTP sandbox of AWS as a second witness: what is made here is made there, and gone if gone there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any

from stacks.sandbox.ledger import Made
from stacks.sandbox.mirror.clients import Clients
from stacks.sandbox.mirror.operation import Operation, Step, arguments
from stacks.sandbox.mirror.operations import OPERATIONS
from stacks.sandbox.paths import value_at
from stacks.sandbox.refusals import Refusal
from stacks.sandbox.zones import zones_of

MIRROR = "BROKER_AWS_ENDPOINT"
"""The variable that leads to the HTTP sandbox."""

ORDINARY = "availability-zone"
"""Neither a local zone nor one of Wavelength."""
GONE = ("NotFound", "NoSuchEntity", "ResourceNotFoundException")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the mirror says of a resource: *numbers* that its id is made of, and *outputs*."""

    numbers: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def kept(self) -> dict[str, Any]:
        """As it is kept in the ledger."""
        return {"numbers": dict(self.numbers), "outputs": dict(self.outputs)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Told":
        """From what was kept; nothing if nothing was."""
        return cls(numbers=kept.get("numbers", {}), outputs=kept.get("outputs", {}))


class Mirror:
    """Asks the HTTP sandbox at *endpoint*; without one, or without boto3, it has nothing.

    It forgets everything when it ends: *run* names this run of it, unlike all before.
    """

    def __init__(self, endpoint: str | None, run: str = "first") -> None:
        asked = endpoint if endpoint and find_spec("boto3") else ""
        self.run = run if asked else ""
        self._clients = Clients(asked)
        self._zones: dict[str, Mapping[str, str]] = {}

    def create(self, made: Made) -> Told | None:
        """Make it there; None if there is nothing of its like. Raises Refusal as AWS would."""
        operation = self._operation(made)
        if operation is None:
            return None
        answer = self._ask(operation.service, made, operation.create, operation.tagged)
        numbers = {
            name: str(value_at(answer, path)).rpartition("-" if name == "hex17" else " ")[2]
            for name, path in operation.tells.items()
        }
        told = Told(
            numbers=numbers,
            outputs={name: value_at(answer, path) for name, path in operation.outputs.items()},
        )
        for step in operation.after:
            self._ask(operation.service, _renamed(made, told), step)
        return told

    def update(self, made: Made) -> None:
        """Change it there. Raises Refusal."""
        operation = self._operation(made)
        if operation is not None and operation.update is not None and self._has(made):
            self._ask(operation.service, made, operation.update)

    def has_lost(self, made: Made) -> bool:
        """Whether it was made there, and is no more."""
        operation = self._operation(made)
        if operation is None or operation.look is None or not self._has(made):
            return False
        return self._ask(operation.service, made, operation.look) is None

    def delete(self, made: Made) -> None:
        """Take it away there; what is gone is fine. Raises Refusal."""
        operation = self._operation(made)
        if operation is not None and self._has(made):
            for step in operation.delete:
                self._ask(operation.service, made, step)

    def zones(self, region: str) -> Mapping[str, str]:
        """The id of each zone of *region* by its name."""
        if not self.run:
            return zones_of(region)
        if region not in self._zones:
            answer = self._clients.client("ec2", region).describe_availability_zones()
            self._zones[region] = {
                zone["ZoneName"]: zone["ZoneId"]
                for zone in answer["AvailabilityZones"]
                if zone.get("ZoneType") in (None, ORDINARY)
            }
        return self._zones[region]

    def _has(self, made: Made) -> bool:
        return made.mirrored == self.run

    def _operation(self, made: Made) -> Operation | None:
        operation = OPERATIONS.get(made.type) if self.run else None
        if operation is None or operation.skips is None:
            return operation
        name, start = operation.skips
        return None if str(made.inputs.get(name)).startswith(start) else operation

    def _ask(self, service: str, made: Made, step: Step, tagged: str = "") -> Any:
        """The answer; None if there is no such thing. Raises Refusal."""
        from botocore.exceptions import (  # noqa: PLC0415  # boto3 takes a moment
            BotoCoreError,
            ClientError,
        )

        zone = {
            "name": made.inputs.get("availabilityZone"),
            "id": made.inputs.get("availabilityZoneId"),
        }
        known = {**made.outputs, **made.inputs, "id": made.id, "zone": zone}
        asked = arguments(step, known)
        tags = made.inputs.get("tags")
        if tagged and isinstance(tags, Mapping) and tags:
            pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
            asked["TagSpecifications"] = [{"ResourceType": tagged, "Tags": pairs}]
        try:
            return getattr(self._clients.client(service, made.region), step.operation)(**asked)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if any(word in code for word in GONE) and not step.operation.startswith("create"):
                return None
            raise _refusal(service, _text(error)) from error
        except BotoCoreError as error:
            raise _refusal(service, f"request send failed: {error}") from error


def _refusal(service: str, text: str) -> Refusal:
    return Refusal(f"operation error {service}: {text}")


def _renamed(made: Made, told: Told) -> Made:
    """*made* with the id that it has there."""
    prefix, _, _ = made.id.rpartition("-")
    return replace(made, id=f"{prefix}-{told.numbers['hex17']}")


def _text(error: Any) -> str:
    found = error.response.get("Error", {})
    return f"api error {found.get('Code')}: {found.get('Message')}"
