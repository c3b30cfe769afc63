"""Adapters are found by their entry points, and what does not fit is refused."""

import importlib
import sys
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from broker import bootstrap
from broker.bootstrap import Settings
from broker.domain.errors import InstallationConflict, UsageInvalid
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.work import nobody_can_tell
from tests.fakes.problems import NOW, offer


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Settings()),
        ({"BROKER_PROVIDERS": "", "BROKER_ATLAS": ""}, Settings()),
        ({"BROKER_PROVIDERS": "a,b c"}, Settings(providers=("a", "b", "c"))),
        ({"BROKER_ATLAS": "mine"}, Settings(atlas="mine")),
    ],
)
def test_settings_come_from_the_environment(
    environment: dict[str, str], expected: Settings
) -> None:
    assert Settings.from_environment(environment) == expected


def test_the_clock_can_be_stopped() -> None:
    stopped = bootstrap.clock({"BROKER_NOW": "2026-12-01T09:00:00+01:00"})

    assert stopped.now() == stopped.now() == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert bootstrap.clock({"BROKER_NOW": ""}).now() > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-12-01", "2026-12-01T08:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_the_clock_is_not_stopped_at_what_is_no_instant(text: str) -> None:
    with pytest.raises(UsageInvalid) as refusal:
        bootstrap.clock({"BROKER_NOW": text})

    assert refusal.value.diagnostics[0].code == "setting-invalid"


LISTPRICES = Settings(providers=(bootstrap.BUNDLED,))


def test_the_bundled_snapshot_covers_every_region_of_the_bundled_tables() -> None:
    (tables,) = bootstrap.providers(LISTPRICES)

    covered = [coverage.region for coverage in bootstrap.bundled_snapshot().coverage]

    assert covered == sorted(tables.regions())
    assert len(covered) > 100


def test_the_bundled_tables_are_not_asked_for_anything_new_unless_named() -> None:
    assert bootstrap.BUNDLED not in {provider.name for provider in bootstrap.providers()}
    assert [provider.name for provider in bootstrap.providers(LISTPRICES)] == [bootstrap.BUNDLED]


def test_without_a_refresh_the_snapshot_is_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert bootstrap.snapshot() == bootstrap.bundled_snapshot()


def test_a_cloud_that_was_refreshed_is_taken_from_the_refresh_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    only = offer("p5", "98")
    result = RegionResult(
        region=only.region, status=RegionStatus.OK, offers=(only,), fetched_at=NOW, source="fake"
    )
    bootstrap.snapshot_store().keep([result], [], at=NOW)

    found = bootstrap.snapshot()

    assert [one for one in found.offers if one.region.provider == "aws"] == [only]
    bundled = bootstrap.bundled_snapshot()
    assert [one for one in found.offers if one.region.provider == "gcp"] == [
        one for one in bundled.offers if one.region.provider == "gcp"
    ]


def test_a_cloud_that_never_answered_is_taken_from_the_bundled_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refresh without credentials must not leave a plan without offers."""
    monkeypatch.chdir(tmp_path)
    denied = RegionResult(
        region=offer().region,
        status=RegionStatus.DENIED,
        offers=(),
        fetched_at=NOW,
        source="aws",
    )
    bootstrap.snapshot_store().keep([denied], [], at=NOW)

    assert bootstrap.snapshot() == bootstrap.bundled_snapshot()


def test_a_provider_or_atlas_that_is_not_installed_is_refused() -> None:
    with pytest.raises(UsageInvalid) as no_provider:
        bootstrap.providers(Settings(providers=("nowhere",)))
    with pytest.raises(UsageInvalid) as no_atlas:
        bootstrap.atlas(Settings(atlas="nowhere"))

    assert no_provider.value.diagnostics[0].code == "provider-not-installed"
    assert no_atlas.value.diagnostics[0].code == "atlas-not-installed"


@pytest.mark.parametrize("value", ["no_such_package:Adapter", "broker.domain.money:NoSuchName"])
def test_an_adapter_that_can_not_be_imported_is_told(value: str) -> None:
    point = EntryPoint(name="odd", value=value, group=bootstrap.PROVIDERS)

    with pytest.raises(InstallationConflict) as refusal:
        bootstrap.load(point)

    (finding,) = refusal.value.diagnostics
    assert finding.code == "adapter-unloadable"
    assert finding.subject == "gpu_broker.providers:odd"


def test_a_sandbox_without_its_libraries_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "__init__.py").write_text("import no_such_library.part")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "policies", raising=False)
    importlib.invalidate_caches()
    point = EntryPoint(name="aws", value="policies.odd:Cloud", group=bootstrap.SANDBOXES)

    with pytest.raises(InstallationConflict) as refusal:
        bootstrap.load(point)

    assert refusal.value.diagnostics[0].hint == (
        'Install no_such_library with the extra: `pip install "gpu-broker[sandbox]"`.'
    )


def test_who_makes_clusters_is_asked_what_runs_in_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (point,) = bootstrap.entry_points(bootstrap.LIVE_WORK)
    asks = bootstrap.live_work()
    monkeypatch.setenv("BROKER_PROVISIONER", "of-somebody-else")

    assert asks is point.load()
    assert bootstrap.live_work() is nobody_can_tell
