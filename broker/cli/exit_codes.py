"""What the shell is told: one number for each way of ending, as docs/commands.md promises."""

from enum import IntEnum

from broker.domain.errors import (
    BrokerError,
    Denied,
    Infeasible,
    Interrupted,
    Locked,
    PartlyApplied,
)


class ExitCode(IntEnum):
    """The whole set. A usage error is 1, never 2: to CI, 2 says "there are changes"."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    DENIED = 3
    PARTIAL = 4
    LOCKED = 5
    INFEASIBLE = 6
    INTERRUPTED = 130
    PIPE_CLOSED = 141

    @property
    def reason(self) -> str:
        """The word for it in JSON: `infeasible`."""
        return self.name.lower().replace("_", "-")


_CODES: dict[type[BrokerError], ExitCode] = {
    Denied: ExitCode.DENIED,
    Infeasible: ExitCode.INFEASIBLE,
    PartlyApplied: ExitCode.PARTIAL,
    Locked: ExitCode.LOCKED,
    Interrupted: ExitCode.INTERRUPTED,
}


def exit_code_of(error: BrokerError) -> ExitCode:
    """The code of a failure on purpose."""
    return _CODES.get(type(error), ExitCode.ERROR)
