"""A place at which the process dies, to prove that nothing is lost by it."""

import os
import signal
import threading


class Trap:
    """Ends the process like a power cut when it passes the place *armed* names.

    `after-call` is the first time, `after-call:3` the third.
    """

    def __init__(self, armed: str) -> None:
        self._name, _, times = armed.partition(":")
        self._left = int(times) if times.isdigit() else 1
        self._counting = threading.Lock()

    def __call__(self, name: str) -> None:
        """Die, if this is the place and the time."""
        if name != self._name:
            return
        with self._counting:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
