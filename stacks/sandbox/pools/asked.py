"""The nodes of a resource of any cloud."""

from collections.abc import Mapping
from typing import Any

from stacks.sandbox.ledger import Ledger, Made
from stacks.sandbox.outputs.computed import VERSIONED
from stacks.sandbox.pools.aws import aws_bounds, aws_pools
from stacks.sandbox.pools.azure import azure_bounds, azure_pools
from stacks.sandbox.pools.gcp import gcp_bounds, gcp_pools
from stacks.sandbox.pools.pool import Bounds, Pool


def pools(type: str, inputs: Mapping[str, Any], region: str, ledger: Ledger) -> list[Pool]:  # noqa: A002
    """What a resource of *type* in *region* asks of the stock; nothing for most types."""
    match type.partition(":")[0]:
        case "aws":
            return aws_pools(type, inputs, region, ledger)
        case "azure-native":
            return azure_pools(VERSIONED.sub("", type), inputs, region)
        case "gcp":
            return gcp_pools(type, inputs, region)
        case _:
            return []


def bounds(type: str, inputs: Mapping[str, Any]) -> list[Bounds]:  # noqa: A002
    """The sizes that a resource of *type* states."""
    match type.partition(":")[0]:
        case "aws":
            return aws_bounds(type, inputs)
        case "azure-native":
            return azure_bounds(VERSIONED.sub("", type), inputs)
        case "gcp":
            return gcp_bounds(type, inputs)
        case _:
            return []


def held(made: Made, ledger: Ledger) -> list[Pool]:
    """The nodes that *made* has now."""
    region = made.region or str(made.outputs.get("location") or "")
    return pools(made.type, made.inputs, region, ledger)
