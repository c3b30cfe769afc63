"""The doctor tells what is required from what is optional."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.catalog.snapshot import Coverage, Snapshot
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, CatalogInvalid, InstallationConflict
from broker.domain.regions import RegionStatus
from broker.ports.installation import Program
from broker.usecases.doctor import Check, Health, diagnose, is_able
from tests.fakes.installation import FakeInstallation
from tests.fakes.problems import EAST, NOW, network, offer

CATALOG = Snapshot(
    offers=(offer(), replace(offer("p4d"), fetched_at=NOW - timedelta(days=30))),
    coverage=(
        Coverage(region=EAST, status=RegionStatus.OK, fetched_at=NOW, source="test", offers=2),
    ),
    network=network(),
)
DAMAGED = CatalogInvalid(
    Diagnostic(
        code="catalog-damaged", subject="offers.csv", summary="It is cut off", hint="Reinstall."
    )
)
PUMP = Program(
    name="pump", arguments=("version",), purpose="filling", source="https://pump.example"
)
CONFLICT = InstallationConflict(
    Diagnostic(code="installation-conflict", subject="stacks", summary="Mixed", hint="Separate.")
)


def checks(
    installation: FakeInstallation | None = None,
    catalog: Snapshot | BrokerError = CATALOG,
    conflict: BrokerError | None = None,
) -> dict[str, Check]:
    found = diagnose(
        installation or FakeInstallation(),
        [PUMP],
        catalog,
        conflict,
        NOW + timedelta(days=10),
    )
    return {check.name: check for check in found}


def test_all_is_well_where_everything_is_installed() -> None:
    found = checks()

    assert {check.health for check in found.values()} == {Health.OK}
    assert is_able(list(found.values()))
    assert all(not check.hint for check in found.values())


def test_the_catalog_tells_its_size_and_age() -> None:
    assert checks()["catalog"].found == "2 offers in 1 region, 10 to 40 days old"


@pytest.mark.parametrize("name", ["click", "yaml", "networkx", "highspy"])
def test_a_missing_library_is_told_with_the_way_to_get_it(name: str) -> None:
    found = checks(FakeInstallation(missing=frozenset({name})))

    assert found[name].health is Health.MISSING
    assert found[name].hint.startswith("pip install")
    assert not is_able(list(found.values()))


@pytest.mark.parametrize("name", ["git", "pump"])
def test_an_absent_program_is_told_and_does_no_harm(name: str) -> None:
    found = checks(FakeInstallation(missing=frozenset({name})))

    assert found[name].health is Health.ABSENT
    assert found[name].hint.startswith("https://")
    assert is_able(list(found.values()))


@pytest.mark.parametrize(
    ("oldest", "health"),
    [((4, 5), Health.OK), ((4, 5, 1), Health.WARNING), ((4, 50), Health.WARNING)],
)
def test_a_program_that_is_too_old_is_told_with_what_is_needed(
    oldest: tuple[int, ...], health: Health
) -> None:
    pump = replace(PUMP, oldest=oldest)

    found = programs(pump)["pump"]

    assert found.health is health
    assert found.found == "pump 4.5"
    assert ("or newer is needed: https://" in found.hint) is (health is Health.WARNING)


def test_a_program_is_taken_from_where_it_is_said_to_be() -> None:
    built = replace(PUMP, path="/cache/pump")

    assert programs(built)["pump"].found == "/cache/pump 4.5"
    named = FakeInstallation(lines={"/cache/pump": "v4.5"})
    assert programs(built, named)["pump"].found == "v4.5, /cache/pump"
    lost = programs(built, FakeInstallation(missing=frozenset({"/cache/pump"})))["pump"]
    assert (lost.health, lost.found) == (Health.ABSENT, "does not run: /cache/pump")


def programs(program: Program, installation: FakeInstallation | None = None) -> dict[str, Check]:
    found = diagnose(installation or FakeInstallation(), [program], CATALOG, None, NOW)
    return {check.name: check for check in found}


def test_an_extra_that_lacks_a_part_says_which_and_how_to_get_it() -> None:
    found = checks(FakeInstallation(missing=frozenset({"sky-login"})))["[sky]"]

    assert (found.health, found.found) == (Health.ABSENT, "without sky-login")
    assert found.hint == "pip install 'gpu-broker[sky]'"
    assert checks()["[sky]"].found == "sky-kit 1.2.3, sky-login 1.2.3"


def test_no_terminal_does_no_harm() -> None:
    found = checks(FakeInstallation(on_terminal=False))

    assert found["terminal"].health is Health.ABSENT
    assert is_able(list(found.values()))


@pytest.mark.parametrize(
    ("version", "able"), [("3.10.14", False), ("3.11.0", True), ("3.12.1", True), ("4.0.0", True)]
)
def test_an_old_python_is_not_enough(version: str, able: bool) -> None:  # noqa: FBT001
    assert is_able(list(checks(FakeInstallation(python_version=version)).values())) is able


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("catalog", {"catalog": DAMAGED}),
        ("catalog", {"catalog": replace(CATALOG, offers=())}),
        ("packages", {"conflict": CONFLICT}),
    ],
)
def test_what_is_damaged_counts_as_missing(name: str, arguments: dict[str, object]) -> None:
    found = checks(**arguments)  # type: ignore[arg-type]

    assert found[name].health is Health.MISSING
    assert found[name].hint
    assert not is_able(list(found.values()))


def test_a_region_without_an_answer_is_a_warning() -> None:
    gap = replace(CATALOG.coverage[0], status=RegionStatus.THROTTLED)

    found = checks(catalog=replace(CATALOG, coverage=(gap,)))

    assert found["catalog"].health is Health.WARNING
    assert is_able(list(found.values()))


def test_a_setting_that_does_not_exist_is_a_warning_with_a_suggestion() -> None:
    found = checks(FakeInstallation(environment={"BROKER_LOG": "trace", "BROKER_ATLSA": "x"}))

    assert found["BROKER_LOG"].health is Health.OK
    assert found["BROKER_ATLSA"].health is Health.WARNING
    assert found["BROKER_ATLSA"].hint == "Did you mean BROKER_ATLAS?"


def test_values_of_variables_are_known_and_not_shown() -> None:
    found = checks(
        FakeInstallation(environment={"BROKER_VAR_team": "hush", "BROKER_LOG_PATH": "x"})
    )

    assert (found["BROKER_VAR_team"].health, found["BROKER_VAR_team"].found) == (Health.OK, "set")
    assert found["BROKER_LOG_PATH"].health is Health.OK
