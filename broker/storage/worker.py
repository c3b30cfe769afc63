"""The main program of a worker process: one task from its input, what is made of it to its output.

Only `worker_processes` starts it. It ends with the process that started it, whose end closes its input.
"""

import os
import pickle
import sys
import threading


def main() -> None:
    """Do the task."""
    given, made = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What the work or a library of it prints is no part of the answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    work, task = pickle.load(given)  # noqa: S301 - written by the process that started this one
    threading.Thread(target=_end_with_input, daemon=True).start()
    done = work(task)
    with made:
        pickle.dump(done, made)
    os._exit(0)


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
