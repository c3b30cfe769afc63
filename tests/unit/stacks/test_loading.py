"""What is loaded for good is not searched for garbage; what programs leave behind is."""

import gc
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from stacks.loading import for_good


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.enable()
    sys.modules.pop("a_library", None)


def test_what_is_loaded_is_put_aside() -> None:
    with for_good():
        assert not gc.isenabled()
        sys.modules["a_library"] = ModuleType("a_library")

    assert gc.get_freeze_count() > 0
    assert gc.isenabled()


def test_nothing_is_put_aside_where_nothing_was_loaded() -> None:
    with for_good():
        pass

    assert gc.get_freeze_count() == 0


def test_it_goes_on_after_a_library_that_can_not_be_loaded() -> None:
    with pytest.raises(ImportError), for_good():
        raise ImportError

    assert gc.isenabled()


def test_who_does_without_it_still_does() -> None:
    gc.disable()

    with for_good():
        pass

    assert not gc.isenabled()
