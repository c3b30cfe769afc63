"""Loads the clouds' libraries without searching them for garbage, again and again."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def for_good() -> Iterator[None]:
    """Let what the block loads stay out of every search for garbage, now and later.

    The libraries of three clouds are 700,000 objects, of which none ever goes: to look through them
    while they are loaded, and whenever a program makes its resources, costs a third of the whole.
    Nothing is put aside where nothing was loaded: what programs leave behind is garbage.
    """
    before, was_on = len(sys.modules), gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > before:
            gc.freeze()
        if was_on:
            gc.enable()
