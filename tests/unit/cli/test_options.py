"""What every verb takes: where it works is part of how to go on."""

import shlex
from pathlib import Path

import pytest

from broker.cli.commands.apply import _typed as typed_of_apply
from broker.cli.commands.apply import command as apply_command
from broker.cli.commands.destroy import _typed as typed_of_destroy
from broker.cli.commands.destroy import command as destroy_command


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
    ],
)
def test_apply_goes_on_where_it_was_begun_and_as_it_was_asked(typed: str) -> None:
    with apply_command.make_context("apply", shlex.split(typed)) as context:
        given = dict(context.params)
        words = typed_of_apply(given.pop("path"), given)

    assert words == shlex.split(typed)


@pytest.mark.parametrize("typed", ["", "-workspace=ci -target=pool.a.b -fleet=that.yaml -drained"])
def test_destroy_goes_on_where_it_was_begun(typed: str) -> None:
    with destroy_command.make_context("destroy", shlex.split(typed)) as context:
        words = typed_of_destroy(dict(context.params))

    assert words == shlex.split(typed)
