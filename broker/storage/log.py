"""Records of what is done to shared things, for a log that most commands do not have."""

import os
from typing import Any


def record(module: str, message: str, *, level: str = "INFO", **facts: Any) -> None:
    """Log *message* with *facts* as *module*, if BROKER_LOG asks for a log at all.

    The library of logs is not imported for nobody: that takes longer than reading a small state.
    """
    if not os.environ.get("BROKER_LOG"):
        return
    import logging  # noqa: PLC0415

    number = logging.getLevelNamesMapping()[level]
    logging.getLogger(module).log(number, message, extra={"facts": facts})
