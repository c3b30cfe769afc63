"""How long a call is waited for: until whoever asked goes away, or the sandbox ends."""

import time
from collections.abc import Callable
from threading import Event
from typing import Any, NoReturn

from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio brings no types along

LOOK_SECONDS = 0.02


class Patience:
    """Waits within calls; once it is `over`, no call waits any longer."""

    def __init__(self) -> None:
        self.over = Event()

    def of(self, context: Any) -> Callable[[float], bool]:
        """How the call of *context* lets seconds pass; false as soon as nobody listens any more."""

        def wait(seconds: float) -> bool:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                if not context.is_active() or self.over.is_set():
                    return False
                self.over.wait(min(LOOK_SECONDS, max(0.0, end - time.monotonic())))
            return True

        return wait

    def refuse(self, context: Any, message: str) -> NoReturn:
        """End the call of *context* with *message*."""
        context.abort(StatusCode.UNKNOWN, message)
        raise AssertionError  # abort raises, which nothing says where it is declared
