"""`broker refresh`: ask the clouds what they offer, judge it, and keep it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from functools import partial

from broker.catalog.changes import Changes, changes
from broker.catalog.instants import clock_findings
from broker.catalog.renewal import renewed, vanished
from broker.catalog.sanity import market, sane, unconfirmed
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import AccessDenied, BrokerError, RateLimited, TimedOut, UsageInvalid
from broker.domain.geography import RegionKey
from broker.domain.history import PriceChange
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider
from broker.ports.clock import Clock
from broker.ports.snapshots import SnapshotStore
from broker.usecases.crew import Crew, Hung

COMPLETE = frozenset({RegionStatus.OK, RegionStatus.NOT_OPTED_IN})
"""What leaves nothing to be wished for: an account need not have every region switched on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshRequest:
    """What was asked for; no cloud and no region means all of them.

    *regions* are names with or without their cloud. Nobody waits for a region for more than
    *seconds*; at most *parallel* are asked at once. *accept_falls* believes prices that fell far.
    """

    clouds: Sequence[str] = ()
    regions: Sequence[str] = ()
    seconds: float = 30.0
    parallel: int = 32
    accept_falls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshAround:
    """Whom to ask, where to keep it, and whom to tell about each region as it comes.

    *known_regions* are those of the atlas: for a cloud that does not even say which it has. What a
    cloud does not list of *priced_regions*, for which list prices are published, is told as well.
    Where the clouds are those of a sandbox, every answer says so in its source.
    """

    providers: Sequence[CapacityProvider]
    known_regions: Sequence[RegionKey]
    priced_regions: frozenset[RegionKey] = frozenset()
    store: SnapshotStore
    clock: Clock
    in_sandbox: bool = False
    heard: Callable[[RegionResult, int, int], None] = lambda result, done, total: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What it came to: *asked* are the regions of this refresh as they are kept now.

    *findings* are about none of them alone.
    """

    asked: tuple[RegionResult, ...]
    kept: tuple[RegionResult, ...]
    changes: Changes
    first: bool
    at: datetime
    findings: tuple[Diagnostic, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether a region that was asked for could not be had."""
        return any(result.status not in COMPLETE for result in self.asked)

    @property
    def has_failed(self) -> bool:
        """Whether not one region could be had."""
        return not any(result.status is RegionStatus.OK for result in self.asked)

    @property
    def has_no_credentials(self) -> bool:
        """Whether not one region could be had, and for want of an account at that."""
        codes = {finding.code for result in self.asked for finding in result.findings}
        return self.has_failed and "cloud-credentials-missing" in codes


@dataclass(frozen=True, slots=True)
class _Asked:
    """One region to ask one provider about, and as whose answer it is kept."""

    provider: CapacityProvider
    region: RegionKey
    source: str


def refresh(request: RefreshRequest, around: RefreshAround) -> Refreshed:
    """Ask, judge, keep. Nothing is kept unless all have answered or are overdue.

    Raises UsageInvalid for a name that is nowhere, Unwritable, CatalogInvalid for a damaged store.
    """
    before = around.store.results()
    providers = _meant(request.clouds, around.providers)
    questions, unlisted = _questions(providers, before, request, around)

    answers = [*unlisted, *_ask(questions, request, around)]
    known = market([*_offers(before), *_last_accepted(before, around.store)], _offers(answers))
    judged = [sane(answer, known, accept_falls=request.accept_falls) for answer in answers]

    after = renewed(before, [replace(answer, past=()) for answer in judged])
    moved = changes(before, after)
    at = around.clock.now()
    told = list(_told_of_the_past(judged, moved, around.store.refreshed_at()))
    around.store.keep(after, [*told, *_history(moved, told, at)], at=at)
    asked = {(answer.region, answer.source) for answer in judged}
    return Refreshed(
        asked=tuple(result for result in after if (result.region, result.source) in asked),
        kept=after,
        changes=moved,
        first=not before,
        at=at,
        findings=clock_findings(after, at),
    )


def _meant(clouds: Sequence[str], providers: Sequence[CapacityProvider]) -> list[CapacityProvider]:
    names = {provider.name for provider in providers}
    unknown = sorted(set(clouds) - names)
    if unknown:
        raise UsageInvalid(
            *(
                Diagnostic(
                    code="provider-not-installed",
                    subject=name,
                    summary=f"No provider named {name} is installed",
                    hint=f"Installed: {', '.join(sorted(names)) or 'none'}.",
                )
                for name in unknown
            )
        )
    return [provider for provider in providers if not clouds or provider.name in clouds]


def _questions(
    providers: Sequence[CapacityProvider],
    before: Sequence[RegionResult],
    request: RefreshRequest,
    around: RefreshAround,
) -> tuple[list[_Asked], list[RegionResult]]:
    """The regions to ask about, and an answer for each that can not be asked about."""
    listings = Crew(
        questions=[provider.regions for provider in providers],
        seconds=request.seconds,
        parallel=max(1, len(providers)),
    ).ask()
    questions: list[_Asked] = []
    unlisted: list[RegionResult] = []
    for provider, listing in zip(providers, listings, strict=True):
        if isinstance(listing, Exception):
            unlisted += _unlisted(provider, listing, before, around)
        else:
            source = _source(provider, around)
            questions += [_Asked(provider, region, source) for region in listing]
            gone = vanished(before, listing, source)
            unlisted += gone
            told = {*listing, *(result.region for result in gone)}
            unlisted += _never_listed(provider, told, around)
    if not questions and not unlisted:
        raise UsageInvalid(_nothing_to_ask(providers))
    wanted = _Regions(request.regions)
    wanted.refuse_unknown([*(q.region for q in questions), *(r.region for r in unlisted)])
    return (
        [question for question in questions if question.region in wanted],
        [result for result in unlisted if result.region in wanted],
    )


def _nothing_to_ask(providers: Sequence[CapacityProvider]) -> Diagnostic:
    names = ", ".join(provider.name for provider in providers)
    return Diagnostic(
        code="nothing-to-refresh",
        subject=names or "providers",
        summary=f"No region is known to ask {names or 'anybody'} about",
        hint="Install the extra of a cloud, such as `gpu-broker[all]`, or say which clusters "
        "there are (docs/clouds.md).",
    )


class _Regions:
    """The regions that a user names: with or without their cloud, whatever their case."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = {name.lower() for name in names}

    def __contains__(self, region: RegionKey) -> bool:
        return not self._names or not self._names.isdisjoint(_spellings(region))

    def refuse_unknown(self, regions: Iterable[RegionKey]) -> None:
        known = {spelling for region in regions for spelling in _spellings(region)}
        unknown = sorted(self._names - known)
        if unknown:
            raise UsageInvalid(
                *(
                    Diagnostic(
                        code="region-unknown",
                        subject=name,
                        summary=f"No cloud that is asked has a region named {name}",
                        hint=_meant_region(name, known),
                    )
                    for name in unknown
                )
            )


def _meant_region(name: str, known: Iterable[str]) -> str:
    alike = sorted(spelling for spelling in known if ("/" in spelling) == ("/" in name))
    close = get_close_matches(name, alike, n=2, cutoff=0.8)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return "Write eu-west-1 or aws/eu-west-1; `broker refresh` lists all."


def _spellings(region: RegionKey) -> tuple[str, str]:
    return region.region.lower(), str(region).lower()


def _unlisted(
    provider: CapacityProvider,
    error: Exception,
    before: Sequence[RegionResult],
    around: RefreshAround,
) -> list[RegionResult]:
    """The same answer for all regions of a cloud that does not say which it has."""
    source = _source(provider, around)
    regions = {result.region for result in before if result.source == source} | {
        region for region in around.known_regions if region.provider == provider.name
    }
    return [
        _failed(_Asked(provider, region, source), error, around.clock) for region in sorted(regions)
    ]


def _never_listed(
    provider: CapacityProvider, told: Collection[RegionKey], around: RefreshAround
) -> Iterator[RegionResult]:
    """An answer for each region with list prices that the cloud does not list for this account."""
    for region in sorted(around.priced_regions - set(told)):
        if region.provider == provider.name:
            finding = Diagnostic(
                severity=Severity.WARNING,
                code="region-unlisted",
                subject=str(region),
                summary="The cloud does not list it for this account",
                hint="It may be of another partition, or closed; or the list was not whole: "
                "ask again.",
            )
            yield RegionResult(
                region=region,
                status=RegionStatus.NOT_OPTED_IN,
                offers=(),
                fetched_at=around.clock.now(),
                source=_source(provider, around),
                findings=(finding,),
            )


def _source(provider: CapacityProvider, around: RefreshAround) -> str:
    return f"{provider.name} sandbox" if around.in_sandbox else provider.name


def _ask(
    questions: Sequence[_Asked], request: RefreshRequest, around: RefreshAround
) -> list[RegionResult]:
    answers: dict[int, RegionResult] = {}

    def heard(index: int, answer: RegionResult | Exception) -> None:
        if isinstance(answer, Exception):
            answer = _failed(questions[index], answer, around.clock)
        answer = replace(answer, source=questions[index].source)
        answers[index] = answer
        around.heard(answer, len(answers), len(questions))

    Crew(
        questions=[partial(asked.provider.discover, asked.region) for asked in questions],
        seconds=request.seconds,
        parallel=request.parallel,
        heard=heard,
    ).ask()
    return [answers[index] for index in sorted(answers)]


def _failed(asked: _Asked, error: Exception, clock: Clock) -> RegionResult:
    status, findings = _meaning(asked, error)
    return RegionResult(
        region=asked.region,
        status=status,
        offers=(),
        fetched_at=clock.now(),
        source=asked.source,
        findings=findings,
    )


STATUSES: dict[type[BrokerError], RegionStatus] = {
    AccessDenied: RegionStatus.DENIED,
    RateLimited: RegionStatus.THROTTLED,
    TimedOut: RegionStatus.TIMEOUT,
}
"""What an error of a cloud means for a region; any other is ERROR."""


def _meaning(asked: _Asked, error: Exception) -> tuple[RegionStatus, tuple[Diagnostic, ...]]:
    if isinstance(error, Hung):
        return RegionStatus.TIMEOUT, (_hung(asked),)
    if isinstance(error, ImportError):
        return RegionStatus.ERROR, (_library_missing(asked, error),)
    if isinstance(error, BrokerError):
        return STATUSES.get(type(error), RegionStatus.ERROR), error.diagnostics
    return RegionStatus.ERROR, (_bug(asked, error),)


def _hung(asked: _Asked) -> Diagnostic:
    return Diagnostic(
        code="region-timeout",
        subject=str(asked.region),
        summary=f"{asked.provider.name} did not answer about {asked.region} before the deadline",
        hint="Ask again, or give it longer with -deadline.",
    )


def _library_missing(asked: _Asked, error: ImportError) -> Diagnostic:
    return Diagnostic(
        code="library-missing",
        subject=error.name or asked.provider.name,
        summary=f"{asked.provider.name} needs {error.name}, which is not installed",
        hint=f'Install it with the extra: `pip install "gpu-broker[{asked.provider.name}]"`.',
    )


def _bug(asked: _Asked, error: Exception) -> Diagnostic:
    """The text of an unexpected error may hold anything, a secret too: its kind and place do not."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {trace.tb_frame.f_code.co_qualname}, line {trace.tb_lineno}" if trace else ""
    return Diagnostic(
        code="provider-failed",
        subject=str(asked.region),
        summary=f"The provider {asked.provider.name} failed at {asked.region}: "
        f"{type(error).__name__}{place}",
        hint="This is a bug of the provider, or an answer of the cloud that it can not read.",
    )


def _last_accepted(before: Iterable[RegionResult], store: SnapshotStore) -> Iterator[Offer]:
    """Offers whose price was not believed, at the price before: a fall is not confirmed by lasting."""
    waiting = unconfirmed(before)
    told = store.history(waiting) if waiting else ()
    last = {change.offer: change.price for change in told if change.price is not None}
    return (replace(waiting[name], price=price) for name, price in last.items())


def _offers(results: Iterable[RegionResult]) -> Iterator[Offer]:
    return (offer for result in results for offer in result.offers)


def _history(moved: Changes, told: Iterable[PriceChange], at: datetime) -> Iterator[PriceChange]:
    """What moved, as of *at*, but for prices of which the cloud *told* since when they hold."""
    held = {change.offer: change.price for change in told}
    for offer in (*moved.came, *(move.after for move in moved.moved)):
        if offer.name not in held or held[offer.name] != offer.price:
            yield PriceChange(offer=offer.name, at=at, price=offer.price)
    for offer in moved.went:
        yield PriceChange(offer=offer.name, at=at, price=None, listed=False)


def _told_of_the_past(
    answers: Iterable[RegionResult], moved: Changes, refreshed_at: datetime | None
) -> Iterator[PriceChange]:
    """What clouds tell of earlier prices: of offers that are new, and since the last refresh."""
    new = {offer.name for offer in moved.came}
    for change in (change for answer in answers for change in answer.past):
        if change.offer in new or (refreshed_at is not None and change.at > refreshed_at):
            yield change
