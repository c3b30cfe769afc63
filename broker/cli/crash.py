"""What is left of a bug: a report file, and one line that points to it."""

import os
import platform
import sys
import tempfile
import traceback
from datetime import datetime
from pathlib import Path

from broker import __broker__
from broker.cli.command_words import without_values
from broker.domain.diagnostics import Diagnostic

REPORTS = Path(".broker", "reports")


def bug(error: Exception, argv: list[str], now: datetime) -> Diagnostic:
    """Write the report of *error* and say where it is; BROKER_LOG=trace puts it on stderr too."""
    text = report(error, argv, now)
    if os.environ.get("BROKER_LOG", "").lower() == "trace":
        sys.stderr.write(text)
    path = save(text, now)
    return Diagnostic(
        code="internal-error",
        subject=type(error).__name__,
        summary=f"This is a bug in broker; the report is in {path}"
        if path
        else "This is a bug in broker, and no report could be written",
        hint="Please pass the report on. BROKER_LOG=trace shows it on the terminal.",
    )


def report(error: Exception, argv: list[str], now: datetime) -> str:
    """All that is needed to look into *error*."""
    lines = [
        f"broker {__broker__}",
        f"python {platform.python_version()} on {platform.platform()}",
        f"at {now.isoformat(timespec='seconds')}",
        f"command: broker {' '.join(without_values(argv))}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    return "\n".join(lines)


def save(text: str, now: datetime) -> Path | None:
    """Write *text* below .broker/, else in the folder for temporary files; None if neither can."""
    for folder in (REPORTS, Path(tempfile.gettempdir())):
        path = folder / f"broker-{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")
        except OSError:
            continue
        return path
    return None
