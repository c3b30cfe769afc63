"""What every verb takes: where it works is part of how to go on."""

import shlex
from pathlib import Path

import pytest

from broker.cli.commands.apply import _typed as typed_of_apply
from broker.cli.commands.apply import command as apply_command
from broker.cli.commands.destroy import command as destroy_command
from broker.cli.commands.import_ import _typed as typed_of_import
from broker.cli.commands.import_ import command as import_command
from broker.cli.commands.plan import command as plan_command
from broker.cli.commands.reap import command as reap_command
from broker.cli.commands.reap import typed_reap as typed_of_reap
from broker.cli.removing import typed_removal


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_WORKSPACE", "another")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my fleet").mkdir()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-workspace=ci -auto-approve",
        "'-chdir=my fleet' -workspace=ci -target=cluster.a -exclude=cluster.b",
        "-refresh=false -price-tolerance=0.05 -allow-unplaced -accept-missing-regions that.yaml",
        "-ttl=14400s -auto-approve",
        "-ttl=none",
    ],
)
def test_apply_goes_on_where_it_was_begun_and_as_it_was_asked(typed: str) -> None:
    with apply_command.make_context("apply", shlex.split(typed)) as context:
        given = dict(context.params)
        words = typed_of_apply(given.pop("path"), given)

    assert words == shlex.split(typed)


def test_who_insisted_once_does_not_set_the_next_holder_aside() -> None:
    with apply_command.make_context("apply", ["-lock=false", "-auto-approve"]) as context:
        given = dict(context.params)
        words = typed_of_apply(given.pop("path"), given)

    assert words == ["-auto-approve"]


@pytest.mark.parametrize(
    ("typed", "refresh", "fleet"),
    [
        ("", False, "fleet.yaml"),
        ("-refresh", True, "fleet.yaml"),
        ("-refresh other.yaml", True, "other.yaml"),
        ("-refresh false other.yaml", False, "other.yaml"),
        ("--refresh=false", False, "fleet.yaml"),
        ("-refresh -input -lock -- -refresh", True, "-refresh"),
    ],
)
def test_what_is_true_or_false_is_true_by_its_name_alone(
    typed: str, *, refresh: bool, fleet: str
) -> None:
    with plan_command.make_context("plan", shlex.split(typed)) as context:
        assert (context.params["refresh"], context.params["fleet"]) == (refresh, fleet)


@pytest.mark.parametrize("typed", ["", "-workspace=ci -target=pool.a.b -fleet=that.yaml -drained"])
def test_destroy_goes_on_where_it_was_begun(typed: str) -> None:
    with destroy_command.make_context("destroy", shlex.split(typed)) as context:
        words = typed_removal(dict(context.params))

    assert words == shlex.split(typed)


@pytest.mark.parametrize("typed", ["", "-workspace=ci aws-us-east-1 -fleet=that.yaml"])
def test_import_goes_on_where_it_was_begun(typed: str) -> None:
    with import_command.make_context("import", shlex.split(typed)) as context:
        words = typed_of_import(dict(context.params))

    assert shlex.split(words) == ["broker", "import", *shlex.split(typed)]


@pytest.mark.parametrize("typed", ["", "-workspace=ci -grace=1800s -fleet=that.yaml -auto-approve"])
def test_reap_goes_on_where_it_was_begun(typed: str) -> None:
    with reap_command.make_context("reap", shlex.split(typed)) as context:
        words = typed_of_reap(dict(context.params))

    assert words == shlex.split(typed)
