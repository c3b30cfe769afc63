"""`broker schema`: the published shapes of files and output."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from broker.spec.fleet_schema import json_schema

SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = MappingProxyType({"fleet": json_schema})
"""Each by its name."""
