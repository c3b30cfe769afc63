"""What a plan does to each thing of a fleet, in Terraform's vocabulary."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Setting = str | int | list[dict[str, Any]] | None
"""One attribute of a resource, as plan documents write it."""


BY_REQUEST = "replace_by_request"
"""Terraform's code for what was asked to be made anew."""

BY_MARK = "replace_because_tainted"
"""Terraform's code for what was marked to be made anew."""


class ResourceType(StrEnum):
    """What sort of thing an address names."""

    CLUSTER = "cluster"
    POOL = "pool"
    WORKLOAD = "workload"
    DATA = "data"


class Action(StrEnum):
    """What happens to one resource."""

    NO_OP = "no-op"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"

    @property
    def steps(self) -> list[str]:
        """The actions as plan JSON lists them: a replacement is a deletion, then a creation."""
        return ["delete", "create"] if self is Action.REPLACE else [self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing of a fleet.

    *settings* is what makes two versions of it different; *figures* (prices, device counts) is
    shown beside it and changes nothing by itself.
    """

    address: str
    type: ResourceType
    name: str
    settings: Mapping[str, Setting]
    figures: Mapping[str, Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChange:
    """One setting that differs; *forces_replacement* if it can not be changed in place."""

    attribute: str
    before: Setting
    after: Setting
    forces_replacement: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange:
    """What becomes of one resource: *before* is None for a creation, *after* for a deletion.

    *is_requested*: it is made anew because somebody asked for it; *is_marked*: because somebody had
    marked it before.
    """

    action: Action
    before: Resource | None
    after: Resource | None
    attributes: tuple[AttributeChange, ...] = ()
    is_requested: bool = False
    is_marked: bool = False

    @property
    def resource(self) -> Resource:
        """The resource as it will be, or as it was if it goes."""
        resource = self.after or self.before
        if resource is None:
            message = "a change of nothing"
            raise ValueError(message)
        return resource

    @property
    def address(self) -> str:
        """The stable name of the resource."""
        return self.resource.address

    @property
    def reason(self) -> str | None:
        """Why it is replaced or deleted, in Terraform's codes; None if the action says it all."""
        match self.action:
            case Action.REPLACE if self.is_marked:
                return BY_MARK
            case Action.REPLACE if self.is_requested:
                return BY_REQUEST
            case Action.REPLACE:
                return "replace_because_cannot_update"
            case Action.DELETE:
                return "delete_because_no_resource_config"
            case _:
                return None

    @property
    def replace_paths(self) -> list[list[str]]:
        """The settings that force a replacement, as plan JSON writes paths."""
        return [[change.attribute] for change in self.attributes if change.forces_replacement]
