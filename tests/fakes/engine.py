"""Where the real engine is: found before tests hide the user's home from what they start."""

import os

from stacks.engine import SETTING, find_engine

ENGINE = find_engine(os.environ)
"""Without one, the tests that need it fail and say what to run: `make engine`."""

ENGINE_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    SETTING: str(ENGINE.path),
}
