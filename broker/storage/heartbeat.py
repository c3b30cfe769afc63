"""The heart of a lease: it renews in time, or says in time that it could not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, CloudError, Locked, StateInvalid, Unwritable
from broker.ports.state import Lease, Lost
from broker.storage.holders import ThisProcess

RENEWED = 1 / 3
AGAIN = 1 / 10
GIVEN_UP = 5 / 6
ENDING = 1 / 6
"""Shares of a lease: when it is renewed, how soon again after a failure, and when it is given up.

The last sixth is left for who holds it to stop what is under way before the lease is another's. So long
is a renewal waited for, too, that is under way when the lease is given back.
"""
LOOKED_EVERY_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Heart:
    """Renews *lease*, of so many *seconds*, by *renew*, until *ended*; *lost* hears if it can not.

    A renewal that hangs is not waited for longer than the lease lasts: time is that of *process*. Then
    it is *unanswered*, and so would be that the lease is given back: it runs out by itself.
    """

    lease: Lease
    seconds: float
    renew: Callable[[Lease], None]
    process: ThisProcess
    ended: Event
    lost: Lost
    unanswered: Event = field(default_factory=Event)

    def beat(self) -> None:
        """Return once it has *ended*, or was lost."""
        since = self.process.monotonic()
        pause = self.seconds * RENEWED
        while not self.ended.wait(pause):
            began = self.process.monotonic()
            # Where the process itself was held up, an answer is waited for all the same, a little.
            until = max(since + self.seconds * GIVEN_UP, began + self.seconds * ENDING)
            renewal = self._renewed(until=until)
            if renewal.is_done:
                since, pause = began, self.seconds * RENEWED
            elif self.ended.is_set():
                self._await(renewal)
                return
            elif self._is_over(renewal, since):
                if not renewal.answered.is_set():
                    self.unanswered.set()
                self.lost(renewal.taken or _not_renewed(self.lease, renewal.error))
                return
            else:
                pause = self.seconds * AGAIN  # perhaps it works again before the lease runs out

    def _await(self, renewal: "_Renewal") -> None:
        if not renewal.answered.wait(self.seconds * ENDING):
            self.unanswered.set()

    def _is_over(self, renewal: "_Renewal", since: float) -> bool:
        """Whether nothing is left to be tried: it is another's, or the next try would come too late."""
        next_try = self.process.monotonic() + self.seconds * AGAIN
        return renewal.taken is not None or next_try >= since + self.seconds * GIVEN_UP

    def _renewed(self, *, until: float) -> "_Renewal":
        """What came of one attempt by then; nothing yet, if it hangs."""
        renewal = _Renewal(lambda: self.renew(self.lease))
        # One that hangs need not be waited for, not even by the end of the process.
        Thread(target=renewal.attempt, name="lease-renewal", daemon=True).start()
        while not renewal.answered.wait(LOOKED_EVERY_SECONDS):
            if self.ended.is_set() or self.process.monotonic() >= until:
                break
        return renewal


@dataclass(slots=True)
class _Renewal:
    """One attempt: *taken* is that the lease is not ours any more, *error* why it may be tried again."""

    ask: Callable[[], None]
    answered: Event = field(default_factory=Event)
    is_done: bool = False
    taken: BrokerError | None = None
    error: BrokerError | None = None

    def attempt(self) -> None:
        try:
            self.ask()
            self.is_done = True
        except (Unwritable, CloudError) as error:
            self.error = error
        except (Locked, StateInvalid) as error:
            self.taken = error
        finally:
            self.answered.set()


def _not_renewed(lease: Lease, error: BrokerError | None) -> BrokerError:
    """Unwritable where the disk would not have it: then it is nobody else's."""
    told = () if error is None else error.diagnostics
    kind = Unwritable if isinstance(error, Unwritable) else Locked
    return kind(
        Diagnostic(
            code="lock-lost",
            subject=lease.id,
            summary=f"The lock of this {lease.operation} runs out, since it could not be renewed",
            detail="\n".join(d.summary for d in told)
            or "Where it is kept, nobody answered in time.",
            hint=KEPT,
        )
    )


KEPT = "What it recorded before that is kept. Look at `broker plan` before you repeat it."
