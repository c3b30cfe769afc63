"""Values within values: `scalingConfig.desiredSize`, `taints[0].key`."""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def steps(path: str) -> list[str | int]:
    """The keys and places that *path* goes through."""
    return [int(place) if place else key for key, place in STEP.findall(path)]


def value_at(values: Any, path: str) -> Any:
    """What is at *path*, None if nothing is."""
    for step in steps(path):
        if isinstance(step, str) and isinstance(values, Mapping):
            values = values.get(step)
        elif isinstance(step, int) and isinstance(values, list) and step < len(values):
            values = values[step]
        else:
            return None
    return values


class NoSuchPath(Exception):
    """There can be nothing at that path."""


def with_value(values: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of *values* with *value* at *path*; maps on the way are made, None removes a key.

    Raises NoSuchPath where a list has no such place, and where what is on the way holds nothing.
    """
    copied: dict[str, Any] = deepcopy(dict(values))
    way = steps(path)
    if not way:
        raise NoSuchPath(path)
    try:
        _put(copied, way, value)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise NoSuchPath(path) from error
    return copied


def _put(place: Any, path: list[str | int], value: Any) -> None:
    *way, last = path
    for step in way:
        place = place.setdefault(step, {}) if isinstance(step, str) else place[step]
    if value is None and isinstance(last, str):
        place.pop(last, None)
    else:
        place[last] = value


def merged(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """*values* with what *more* has and they have not, map by map."""
    result = dict(values)
    for key, value in more.items():
        if key not in result:
            result[key] = value
        elif isinstance(result[key], Mapping) and isinstance(value, Mapping):
            result[key] = merged(result[key], value)
    return result


def record(value: Any) -> Mapping[str, Any]:
    """*value*, or an empty map if it is none, as where it is not known yet."""
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> list[Any]:
    """*value*, or an empty list if it is none, as where it is not known yet."""
    return value if isinstance(value, list) else []
