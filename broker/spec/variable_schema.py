"""The published JSON Schema of a fleet whose values may be variables: for whoever writes one."""

from typing import Any

from broker.spec.variable_fields import NAME_PATTERN, VARIABLES

REFERENCE = {"type": "string", "pattern": rf"\$\{{var\.{NAME_PATTERN}\}}"}
"""Text that holds a reference; what it comes to is checked once its value is there."""

ABOUT = ("description", "default", "examples")
"""What is said of a value whatever its shape: editors look for it on top."""


def with_variables(schema: dict[str, Any]) -> dict[str, Any]:
    """*schema*, of a mapping, whose values may be references; mappings may not, nor declarations."""
    changed = dict(schema)
    if "properties" in schema:
        changed["properties"] = {
            key: value if key == VARIABLES else _admitting(value)
            for key, value in schema["properties"].items()
        }
    if isinstance(schema.get("additionalProperties"), dict):
        changed["additionalProperties"] = _admitting(schema["additionalProperties"])
    if "items" in schema:
        changed["items"] = _admitting(schema["items"])
    if "anyOf" in schema:
        changed["anyOf"] = [with_variables(option) for option in schema["anyOf"]]
    return changed


def _admitting(schema: dict[str, Any]) -> dict[str, Any]:
    inner = with_variables(schema)
    if schema.get("type") == "object" or not _is_bound(schema):
        return inner
    about = {key: inner.pop(key) for key in ABOUT if key in inner}
    options = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
    return {"anyOf": [*options, REFERENCE], **about}


def _is_bound(schema: dict[str, Any]) -> bool:
    """Whether it says anything of the value itself."""
    return not set(schema).issubset(ABOUT)
