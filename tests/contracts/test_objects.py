"""What every place for shared objects promises (broker.ports.objects)."""

from collections.abc import Iterator

import pytest

from broker.ports.objects import Objects
from tests.fakes.shared_places import PLACES, Place


@pytest.fixture(params=PLACES.values(), ids=PLACES.keys())
def objects(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
    place: Place = request.param
    with place(monkeypatch) as made:
        yield made


def test_there_is_nothing_at_first(objects: Objects) -> None:
    assert objects.read("state.json") is None
    assert objects.names("") == []


def test_what_is_put_is_read_with_its_version(objects: Objects) -> None:
    version = objects.put("state.json", b"one", expected=None)

    stored = objects.read("state.json")
    assert stored is not None
    assert (stored.content, stored.version) == (b"one", version)


def test_an_object_is_made_once(objects: Objects) -> None:
    assert objects.put("state.json", b"one", expected=None)
    assert objects.put("state.json", b"two", expected=None) is None

    stored = objects.read("state.json")
    assert stored is not None
    assert stored.content == b"one"


def test_only_who_knows_the_present_version_replaces_it(objects: Objects) -> None:
    first = objects.put("state.json", b"one", expected=None)
    second = objects.put("state.json", b"two", expected=first)

    assert second not in {None, first}
    assert objects.put("state.json", b"three", expected=first) is None
    stored = objects.read("state.json")
    assert stored is not None
    assert (stored.content, stored.version) == (b"two", second)


def test_an_object_that_is_gone_is_not_replaced(objects: Objects) -> None:
    first = objects.put("state.json", b"one", expected=None)
    objects.remove("state.json")
    objects.remove("state.json")

    assert objects.put("state.json", b"two", expected=first) is None
    assert objects.read("state.json") is None


def test_names_are_sorted_and_only_those_that_begin_so(objects: Objects) -> None:
    backups = [f"backups/state-{number}.json" for number in range(1, 6)]
    for name in (*reversed(backups), "a.json", "state.json"):
        objects.put(name, b"x", expected=None)

    assert objects.names("backups/") == backups
    assert objects.names("") == ["a.json", *backups, "state.json"]
