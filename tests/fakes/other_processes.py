"""The same question in another process: what it prints must not depend on luck."""

import os
import subprocess
import sys

from tests.conftest import ROOT

WITH_THREADS = """
import sys
import highspy
from broker.placement import highs
THREADS = int(sys.argv[1])
class Threaded(highspy.Highs):
    def setOptionValue(self, option, value):
        return super().setOptionValue(option, THREADS if option == "threads" else value)
highs.highspy.Highs = Threaded
"""
"""Code to begin with: the solver has as many threads as the first argument says."""


def printed(code: str, *arguments: str, hash_seed: str) -> bytes:
    """What *code* prints in a process of its own, in which strings hash otherwise."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
        timeout=120,
    ).stdout
