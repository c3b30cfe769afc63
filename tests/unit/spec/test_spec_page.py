"""The page about the spec tells every key, and shows a fleet that works."""

import re

import pytest

from broker.spec.composites import ListOf, MapOf
from broker.spec.fields import Fields
from broker.spec.fleet_schema import FLEET
from broker.spec.shapes import ByKind, Shape
from tests.conftest import ROOT
from tests.fakes.specs import findings_of

PAGE = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")
CODE = {word for span in re.findall(r"`([^`\n]+)`", PAGE) for word in re.split(r"[^\w-]", span)}


def keys(shape: Shape | None) -> set[str]:
    """Every key that *shape* knows, at any depth."""
    match shape:
        case Fields():
            return {f.name for f in shape.fields}.union(*(keys(f.shape) for f in shape.fields))
        case ListOf():
            return keys(shape.item)
        case MapOf():
            return keys(shape.value)
        case ByKind():
            return keys(shape.scalar) | keys(shape.list_) | keys(shape.map_)
        case _:
            return set()


@pytest.mark.parametrize("key", sorted(keys(FLEET)))
def test_each_key_is_on_the_page(key: str) -> None:
    assert key in CODE


def test_the_fleet_on_the_page_is_valid() -> None:
    text, *_ = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    assert findings_of(text.replace(", except: [me-central2]", "")) == ()
