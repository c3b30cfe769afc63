"""The zones of AWS: each has a name (`us-east-1a`) and an id (`use1-az1`)."""

import re
from collections.abc import Mapping

LETTERS = "abc"
DIRECTIONS = re.compile(r"north|south|east|west|central")


def zones_of(region: str) -> Mapping[str, str]:
    """The id of each zone of *region* by its name; three, as most regions have."""
    return {
        f"{region}{letter}": f"{short(region)}-az{number}"
        for number, letter in enumerate(LETTERS, start=1)
    }


def short(region: str) -> str:
    """The region as its zone ids write it: `use1` for us-east-1, `apne1` for ap-northeast-1."""
    *places, number = region.split("-")
    first, *rest = places
    return first + "".join(_initials(word) for word in rest) + number


def _initials(word: str) -> str:
    found = DIRECTIONS.findall(word)
    return "".join(direction[0] for direction in found) if found else word[0]
