"""What vendors say their answers look like, as JSON schemas that allow nothing else."""

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

KEPT = {"type", "enum", "items", "properties", "additionalProperties", "required"}
"""The words of a discovery document that say something about a value's form."""


@cache
def _discovery(api: str) -> dict[str, Any]:
    """A Google discovery document (`compute.v1`), as google-api-python-client carries it."""
    found = importlib.util.find_spec("googleapiclient")
    assert found is not None
    assert found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0]) / "discovery_cache" / "documents"
    document: dict[str, Any] = json.loads((folder / f"{api}.json").read_text())
    return document


@cache
def google(api: str, schema: str) -> Draft4Validator:
    """A validator for *schema* (`RegionList`) of *api*."""
    definitions = {
        name: _closed(described) for name, described in _discovery(api)["schemas"].items()
    }
    return Draft4Validator({"$ref": f"#/definitions/{schema}", "definitions": definitions})


def _closed(described: dict[str, Any]) -> dict[str, Any]:
    """A schema that refuses every property that is not described."""
    if "$ref" in described:
        return {"$ref": f"#/definitions/{described['$ref']}"}
    schema = {key: value for key, value in described.items() if key in KEPT}
    schema.pop("required", None)  # in these documents it is about requests
    if schema.get("type") == "any":
        del schema["type"]
    if "items" in schema:
        schema["items"] = _closed(schema["items"])
    if "properties" in schema:
        schema["properties"] = {k: _closed(v) for k, v in schema["properties"].items()}
        schema["additionalProperties"] = False
    elif "additionalProperties" in schema:
        schema["additionalProperties"] = _closed(schema["additionalProperties"])
    return schema


AZURE = Path(__file__).parent / "azure_schemas.json"


@cache
def azure(schema: str) -> Draft4Validator:
    """A validator for *schema* (`SkusResult`) of azure_schemas.json, which names its sources."""
    definitions = json.loads(AZURE.read_text())["definitions"]
    return Draft4Validator({"$ref": f"#/definitions/{schema}", "definitions": definitions})
