"""The command `broker`: runs one command line, and turns every ending into an exit code."""

import atexit
import errno
import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from types import FrameType
from typing import Any, NoReturn

import click

from broker.cli.exit_codes import ExitCode, exit_code_of
from broker.cli.group import cli
from broker.cli.options import spellings
from broker.cli.render.diagnostics import print_failure
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError

JSON_SPELLINGS = frozenset(spellings("json"))
NO_COLOR_SPELLINGS = frozenset(spellings("no-color"))

INTERRUPTED = Diagnostic(
    code="interrupted",
    subject="",
    summary="Interrupted; files that were being written are as they were before",
)


def main() -> NoReturn:
    """Run the command line of this process and leave with its exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)  # where it is ignored (nohup), it stays so
        # As it ends, the interpreter gives signals back to the system, which would end it without its exit code.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal can not show is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def _interrupt(number: int, frame: FrameType | None) -> None:
    """The first Ctrl-C unwinds what runs; a second one waits for nothing, not even for that."""
    signal.signal(signal.SIGINT, _leave)
    signal.default_int_handler(number, frame)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(ExitCode.INTERRUPTED)


def run(argv: Sequence[str], command: click.Command = cli) -> int:
    """Run one command line of *command*; when this returns, every failure has been told."""
    if not os.environ.get("BROKER_LOG"):
        return _run(argv, command)
    from broker.cli.logs import logging_as_asked
    from broker.cli.render.diagnostics import print_diagnostics

    with logging_as_asked(argv) as log:
        print_diagnostics(log.wrong)
        log.exit_code = _run(argv, command)
        return log.exit_code


def _run(argv: Sequence[str], command: click.Command) -> int:
    try:
        code = _run_guarded(command, list(argv))
        sys.stdout.flush()
    except KeyboardInterrupt:  # while another ending was being told
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return ExitCode.PIPE_CLOSED
    except OSError as error:
        _discard_output()
        print_failure([_full(error)], ExitCode.ERROR)
        return ExitCode.ERROR
    return code


def _run_guarded(command: click.Command, argv: list[str]) -> int:
    code = ExitCode.ERROR
    try:
        return _invoke(command, list(argv))  # click empties the list it is given
    except BrokerError as error:
        code = exit_code_of(error)
        findings: Sequence[Diagnostic] = error.diagnostics
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(error.format_message() + "\n")
        return code
    except click.ClickException as error:
        findings = [usage_diagnostic(error)]
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
        findings = [INTERRUPTED]
    except Exception as error:  # the last line of defence: a bug becomes a report
        if isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.ENOSPC):
            raise
        findings = [_bug(error, argv)]
    print_failure(
        findings,
        code,
        as_json=not JSON_SPELLINGS.isdisjoint(argv),
        plain=not NO_COLOR_SPELLINGS.isdisjoint(argv),
    )
    return code


def _invoke(command: click.Command, argv: list[str]) -> int:
    instruction = os.environ.get("_BROKER_COMPLETE")
    if instruction:
        from broker.cli.completions import answer

        return answer(command, instruction)
    try:
        with command.make_context("broker", argv) as context:
            result: Any = command.invoke(context)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    return int(result or ExitCode.OK)


def usage_diagnostic(error: click.ClickException) -> Diagnostic:
    """What click says, in our form."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "broker"
    return Diagnostic(
        code="usage-invalid",
        subject=path,
        summary=" ".join(error.format_message().split()).rstrip("."),
        hint=f"`{path} -help` tells what it takes.",
    )


def _bug(error: Exception, argv: list[str]) -> Diagnostic:
    from broker.cli.crash import bug
    from broker.storage.clock import SystemClock

    return bug(error, argv, SystemClock().now())


def _full(error: OSError) -> Diagnostic:
    return Diagnostic(
        code="output-unwritable",
        subject=error.filename or "stdout",
        summary=f"The output could not be written: {error.strerror}",
        hint="Make room where the output goes, and run the command again.",
    )


def _discard_output() -> None:
    """Let the rest go nowhere: Python would complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
