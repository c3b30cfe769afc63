"""Values as the engine's protocol carries them."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2

from stacks.sandbox.values import whole


def values_of(struct: Any) -> dict[str, Any]:
    """What *struct* holds; whole numbers are integers again."""
    return {key: whole(value) for key, value in json_format.MessageToDict(struct).items()}


def struct_of(values: Mapping[str, Any]) -> Any:
    """*values* as the protocol carries them."""
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct
