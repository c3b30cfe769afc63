"""Every way in which the broker fails on purpose.

* BrokerError
  x SpecInvalid .............. the user's file is wrong
  x UsageInvalid ............. the command line asks for something that is not there
  x CatalogInvalid ........... a file of prices or facts is damaged or of another version
  x NotCovered ............... nothing is known of a region that the spec names
  x PlanFileInvalid .......... a saved plan is damaged or of another version
  * Unwritable ............... the result can not be put where it was asked for
    x DiskFull ............... there is no room for it
  x Denied ................... a policy or the budget forbids what would work otherwise
  x Infeasible ............... no placement satisfies all rules
  x Unsolved ................. the solver stopped without an answer
  * CloudError ............... a cloud did not answer what it was asked
    x AccessDenied ........... credentials are missing, expired, or not allowed to ask
    x NotOptedIn ............. the account has not switched the region on
    x RateLimited ............ asked too often, and the budget of retries is spent
    x NotFound ............... the cloud does not know what it was asked about
    x InsufficientCapacity ... the cloud has no such machine to give now
    x QuotaExceeded .......... the account may not have so many
    x TimedOut ............... no answer, or not all of it, before the deadline
    x Unavailable ............ the cloud can not be reached, fails, or answers nonsense
  x PlanStale ................ what a saved plan rests on has changed since
  x SignatureInvalid ......... a document is not signed by whom we trust, or was changed
  x StateInvalid ............. the recorded state is damaged or of a newer version
  x StateConflict ............ the state was changed by somebody else meanwhile
  x Locked ................... somebody else is changing the fleet
  x JournalInvalid ........... the journal is not what was written
  x EngineMissing ............ there is no engine that could change clouds
  x EngineFailed ............. the engine failed in a way that nobody can name
  x NotOurs .................. what the cloud has under our name is somebody else's
  x PartlyApplied ............ some of a plan was carried out and recorded, the rest was not
  x Interrupted .............. the user asked to stop; what was under way is finished and recorded
  x InstallationConflict ..... packages of different versions are installed together

Anything else is a bug and stays an ordinary exception.
"""

from broker.domain.diagnostics import Diagnostic


class BrokerError(Exception):
    """Base of all; carries what the command line will show."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(d.summary for d in diagnostics))
        self.diagnostics = diagnostics


class SpecInvalid(BrokerError):
    """The user's file is wrong; every finding is carried at once."""


class UsageInvalid(BrokerError):
    """The command line names something that does not exist."""


class CatalogInvalid(BrokerError):
    """A file of prices or facts is truncated, damaged or of another version."""


class NotCovered(BrokerError):
    """Nothing is known of a region that the spec names, and the user has not accepted that."""


class PlanFileInvalid(BrokerError):
    """A saved plan is damaged or of another version."""


class Unwritable(BrokerError):
    """A result can not be written where it was asked for; nothing was left half-written."""


class DiskFull(Unwritable):
    """There is no room for it on the disk."""


class Denied(BrokerError):
    """A policy or the budget forbids what would be possible otherwise."""


class Infeasible(BrokerError):
    """No placement satisfies all rules; *workloads* are a smallest set that can not all be placed.

    They are empty where no offer may run some workload at all.
    """

    def __init__(self, *diagnostics: Diagnostic, workloads: tuple[str, ...] = ()) -> None:
        super().__init__(*diagnostics)
        self.workloads = workloads


class Unsolved(BrokerError):
    """The solver stopped without an answer."""


class CloudError(BrokerError):
    """A cloud did not answer what it was asked; adapters translate every SDK error into one."""


class AccessDenied(CloudError):
    """Credentials are missing, expired, or not allowed to ask this."""


class NotOptedIn(CloudError):
    """The account has not switched on what was asked about, and could."""


class RateLimited(CloudError):
    """Asked more often than the cloud allows, and the budget of retries is spent."""


class NotFound(CloudError):
    """The cloud does not know the region, project or subscription it was asked about."""


class InsufficientCapacity(CloudError):
    """The cloud has no such machine to give now; *pool* of *member* asked for it."""

    def __init__(self, *diagnostics: Diagnostic, member: str = "", pool: str = "") -> None:
        super().__init__(*diagnostics)
        self.member = member
        self.pool = pool


class QuotaExceeded(CloudError):
    """The account may not have so many; *pool* of *member* asked for them."""

    def __init__(self, *diagnostics: Diagnostic, member: str = "", pool: str = "") -> None:
        super().__init__(*diagnostics)
        self.member = member
        self.pool = pool


class TimedOut(CloudError):
    """No answer, or not all of it, before the deadline."""


class Unavailable(CloudError):
    """The cloud can not be reached, fails again and again, or answers what nobody can read."""


class PlanStale(BrokerError):
    """What a saved plan rests on (state, prices, offers, time) has changed since it was made."""


class SignatureInvalid(BrokerError):
    """A document was changed after it was signed, or is signed by somebody unknown."""


class StateInvalid(BrokerError):
    """The recorded state is damaged, or was written by a newer broker."""


class StateConflict(BrokerError):
    """The state is not the one that a change was made from, or the writer's lock was taken over."""


class Locked(BrokerError):
    """Somebody else is changing the fleet."""


class JournalInvalid(BrokerError):
    """An entry of the journal was changed, removed or put in after the fact."""


class EngineMissing(BrokerError):
    """No engine is installed, or one of its parts is missing."""


class EngineFailed(BrokerError):
    """The engine ended with *exit_code* and a message that nobody can name."""

    def __init__(self, *diagnostics: Diagnostic, exit_code: int | None = None) -> None:
        super().__init__(*diagnostics)
        self.exit_code = exit_code


class NotOurs(BrokerError):
    """The cloud has something under the name of ours that is not marked as ours; it is left alone."""


class PartlyApplied(BrokerError):
    """Some of a plan was carried out and recorded, the rest was not."""


class Interrupted(BrokerError):
    """The user asked to stop; what was under way is finished and recorded."""


class InstallationConflict(BrokerError):
    """The four packages do not carry the same version."""
