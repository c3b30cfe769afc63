"""BROKER_LOG: what the broker does, record by record, for whoever looks for the cause of something.

Nothing of this is imported unless BROKER_LOG is set. Modules with effects log with the standard
library, each under its own name; what a record is about is in `facts`: `extra={"facts": {...}}`.
"""

import logging
import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO, TypeVar

from broker import __broker__
from broker.cli.command_words import without_values
from broker.cli.log_files import files_told
from broker.cli.log_records import OURS, TRACE, JsonLines, Kept, TextLines
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.redaction import credentials_in

LOG = "BROKER_LOG"
LOG_PATH = "BROKER_LOG_PATH"
LOG_FORMAT = "BROKER_LOG_FORMAT"

LOGGER = logging.getLogger("broker")
LOGGER.addHandler(logging.NullHandler())  # without any, Python would write warnings to stderr


class Level(StrEnum):
    """How much is told; each tells what those after it do."""

    TRACE = "trace"
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"

    @property
    def number(self) -> int:
        """As the standard library counts."""
        return TRACE if self is Level.TRACE else logging.getLevelNamesMapping()[self.name]


class Format(StrEnum):
    """How a record is written."""

    TEXT = "text"
    JSON = "json"


@dataclass(slots=True)
class Log:
    """What is *wrong* with the settings, and how the command has ended, once it has."""

    wrong: Sequence[Diagnostic]
    exit_code: int | None = None


E = TypeVar("E", bound=StrEnum)


@contextmanager
def logging_as_asked(
    argv: Sequence[str], environment: Mapping[str, str] = os.environ
) -> Iterator["Log"]:
    """Log while the block runs as the *environment* says.

    A setting that can not be followed is a warning: no work fails for want of a log.
    """
    wrong: list[Diagnostic] = []
    level = _setting(LOG, Level, environment, wrong)
    form = _setting(LOG_FORMAT, Format, environment, wrong) or Format.TEXT
    stream = None if level is None else _stream(environment.get(LOG_PATH), wrong)
    if level is None or stream is None:
        yield Log(wrong)
        return
    handler = _Handler(stream, _formatter(form, environment))
    handler.addFilter(Kept(everybody=level is Level.TRACE))
    began = time.monotonic()
    with _attached(handler, level.number), files_told():
        facts = {"version": __broker__, "command": shlex.join(without_values(argv)), **_folder()}
        LOGGER.info("begins", extra={"facts": facts})
        log = Log(wrong)
        try:
            yield log
        finally:
            facts = {"exit_code": log.exit_code, "seconds": round(time.monotonic() - began, 3)}
            LOGGER.info("ends", extra={"facts": facts})
    if stream is not sys.stderr:
        with suppress(OSError):
            stream.close()


def _folder() -> dict[str, object]:
    with suppress(OSError):  # it is gone
        return {"folder": str(Path.cwd())}
    return {}


def tell(diagnostics: Sequence[Diagnostic]) -> None:
    """Log findings as they are told."""
    for finding in diagnostics:
        level = logging.ERROR if finding.severity is Severity.ERROR else logging.WARNING
        where = {} if finding.where is None else {"where": str(finding.where)}
        facts = {"code": finding.code, "subject": finding.subject, **where}
        LOGGER.log(level, finding.summary, extra={"facts": facts})


class _Handler(logging.StreamHandler[TextIO]):
    """Writes to *stream*, and says nothing if that fails: the work goes on."""

    def __init__(self, stream: TextIO, formatter: logging.Formatter) -> None:
        super().__init__(stream)
        self.setFormatter(formatter)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the library's name
        """Nothing: whoever reads the log has gone, or the disk is full."""


def _formatter(form: Format, environment: Mapping[str, str]) -> logging.Formatter:
    made = JsonLines if form is Format.JSON else TextLines
    return made(credentials_in(environment))


@contextmanager
def _attached(handler: logging.Handler, level: int) -> Iterator[None]:
    """Send records of our own from *level* on to *handler*, and those of others at the lowest."""
    root = logging.getLogger()
    loggers = [logging.getLogger(name) for name in OURS]
    if level == TRACE:
        loggers.append(root)
    before = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for logger, former in zip(loggers, before, strict=True):
            logger.setLevel(former)


def _setting(
    name: str, words: type[E], environment: Mapping[str, str], wrong: list[Diagnostic]
) -> E | None:
    text = environment.get(name, "")
    if text.lower() in ("", "off"):
        return None
    try:
        return words(text.lower())
    except ValueError:
        wrong.append(
            Diagnostic(
                severity=Severity.WARNING,
                code="setting-invalid",
                subject=name,
                summary=f"{text!r} is none of {', '.join(words)}",
                hint=f"Nothing is logged. Set {name} to one of these, or unset it."
                if name == LOG
                else f"The log is written as text. Set {name} to one of these, or unset it.",
            )
        )
        return None


def _stream(path: str | None, wrong: list[Diagnostic]) -> TextIO | None:
    if not path:
        return sys.stderr
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        wrong.append(
            Diagnostic(
                severity=Severity.WARNING,
                code="setting-invalid",
                subject=LOG_PATH,
                summary=f"Can not write {path}: {error.strerror}",
                hint=f"Nothing is logged. Set {LOG_PATH} to a file in a folder that you may write to.",
            )
        )
        return None
