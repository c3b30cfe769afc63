"""Runs programs for the engine as the SDK does, and tidies up after one that was cut off."""

import asyncio
import warnings
from contextvars import ContextVar
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio brings no types along
from pulumi.automation import _server, _stack
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2
from pulumi.runtime.stack import run_in_stack

_LOOPS: ContextVar[list[asyncio.AbstractEventLoop]] = ContextVar("_LOOPS")
"""The event loop of the run under way."""


class TidyLanguageServer(LanguageServer):
    """The SDK's own, without what it leaves behind where the engine ends before the program.

    Its last word to an engine that is gone raises; then its event loop stays open with three files,
    and gRPC logs a traceback: one of each per failed run.
    """

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Run the program once."""
        loops: list[asyncio.AbstractEventLoop] = []
        token = _LOOPS.set(loops)
        try:
            return super().Run(request, context)  # type: ignore[no-untyped-call]
        except grpc.RpcError:
            return language_pb2.RunResponse(error="the engine has ended")
        finally:
            _LOOPS.reset(token)
            for loop in loops:
                _close(loop)


async def _run_in_stack(program: Any) -> Any:
    _LOOPS.get().append(asyncio.get_running_loop())
    return await run_in_stack(program)


def _close(loop: asyncio.AbstractEventLoop) -> None:
    if loop.is_closed():
        return
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(_ended(left))
    loop.close()


async def _ended(tasks: set["asyncio.Task[Any]"]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


def use_tidy_server() -> None:
    """Let the Automation API take it; there is no other way to give it one."""
    # With an event that it can not read it would show all of it; that one is missing is found out.
    warnings.filterwarnings(
        "ignore", message="(Error in event stream|Failed to parse engine event)"
    )
    vars(_stack)["LanguageServer"] = TidyLanguageServer
    vars(_server)["run_in_stack"] = _run_in_stack
