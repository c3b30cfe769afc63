"""What is known of clusters, as `terraform output` prints it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from broker.usecases.output import Output


def outputs_document(found: Mapping[str, Output]) -> dict[str, Any]:
    """Terraform's shape, to the letter: programs read outputs of both."""
    return {
        name: {"sensitive": False, "type": each.type, "value": each.value}
        for name, each in found.items()
    }


def render_outputs(found: Mapping[str, Output]) -> str:
    """`NAME = {`, and so on; empty for none."""
    return "".join(f"{name} = {render_value(each.value)}\n" for name, each in found.items())


def render_value(value: Any) -> str:
    """As it would be written in a configuration.

    >>> print(render_value({"endpoint": "https://k8s", "pools": {"a": "1"}}))
    {
      "endpoint" = "https://k8s"
      "pools" = {
        "a" = "1"
      }
    }
    """
    return "\n".join(_lines(value, ""))


def _lines(value: Any, margin: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield "{"
        for key, each in value.items():
            first, *rest = _lines(each, f"{margin}  ")
            yield f"{margin}  {_text(key)} = {first}"
            yield from rest
        yield f"{margin}}}"
    elif isinstance(value, list | tuple) and value:
        yield "["
        for each in value:
            first, *rest = _lines(each, f"{margin}  ")
            *before, last = [f"{margin}  {first}", *rest]
            yield from before
            yield f"{last},"
        yield f"{margin}]"
    else:
        yield _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
