"""How one run of the engine is bounded, stopped and told, with a script in the engine's place."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from broker.ports.provisioning import Watch
from stacks.command import Bounds, CommandEnded, End, EngineCommand
from stacks.engine import Engine
from stacks.room import OWNER, Room

Script = Callable[..., EngineCommand]

GRACEFUL = """
trap 'echo asked; exit 3' INT
echo started
while :; do sleep 0.05; done
"""
DEAF = """
trap '' INT
echo started
while :; do sleep 0.05; done
"""


@pytest.fixture
def script(tmp_path: Path) -> Script:
    def made(text: str, **bounds: Any) -> EngineCommand:
        path = tmp_path / "pulumi"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return EngineCommand(Engine(path=path, version="3.259.0"), Bounds(**bounds))

    return made


def run(command: EngineCommand, *arguments: str, **environment: str) -> str:
    return str(command.run(list(arguments), "/", environment).stdout)


def ended(command: EngineCommand, heard: Callable[[str], Any] | None = None) -> CommandEnded:
    with pytest.raises(CommandEnded) as raised:
        command.run([], "/", {}, heard)
    return raised.value


def test_it_returns_what_was_said(script: Script) -> None:
    heard: list[str] = []
    command = script("echo one; echo two; echo three >&2")

    result = command.run(["up"], "/", {}, heard.append)

    assert (result.code, result.stdout, result.stderr) == (0, "one\ntwo", "three")
    assert heard == ["one", "two"]


def test_it_never_asks_anybody(script: Script) -> None:
    assert run(script('echo "$@"'), "up", "--yes") == "--non-interactive up --yes"


def test_a_plan_is_checked_before_anything_is_changed(script: Script) -> None:
    command = script('echo "$@"')

    assert "--skip-preview" not in run(command, "up", "--skip-preview", "--plan", "p.json")
    assert "--skip-preview" in run(command, "up", "--skip-preview")


def test_a_failure_has_its_exit_code_and_words(script: Script) -> None:
    raised = ended(script("echo said; echo error >&2; exit 7"))

    assert (raised.end, raised.code) == (End.FAILED, 7)
    assert (raised.stdout, raised.stderr) == ("said", "error")


def test_noise_is_left_out(script: Script) -> None:
    assert run(script("echo 'error: Method not implemented!'; echo told")) == "told"


def test_the_users_own_settings_for_pulumi_do_not_reach_it(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_SKIP_CONFIRMATIONS", "true")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "mine")
    monkeypatch.setenv("AWS_PROFILE", "acme")

    told = run(script("env"), PULUMI_HOME="/ours").splitlines()

    assert "PULUMI_HOME=/ours" in told
    assert "PULUMI_ACCESS_TOKEN=mine" in told
    assert "AWS_PROFILE=acme" in told
    assert [line for line in told if "SKIP_CONFIRMATIONS" in line] == []


def test_it_runs_without_a_path(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATH")

    assert run(script("echo well")) == "well"


def test_it_is_asked_to_stop_once_and_finishes(script: Script) -> None:
    watch = Watch()

    raised = ended(script(GRACEFUL, watch=watch), lambda _: watch.stop.set())

    assert (raised.end, raised.code) == (End.INTERRUPTED, 3)
    assert raised.stdout.splitlines() == ["started", "asked"]


def test_it_is_ended_at_once_with_all_that_it_started(script: Script, tmp_path: Path) -> None:
    watch = Watch()

    def told(line: str) -> None:
        if line.isdigit():
            (tmp_path / "child").write_text(line)
            watch.stop.set()
            watch.stop_now.set()

    raised = ended(script("trap '' INT\nsleep 60 & echo $!\nwait", watch=watch), told)

    assert raised.end is End.KILLED
    child = int((tmp_path / "child").read_text())
    assert _ends(child)


def _ends(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_it_is_not_begun_where_it_is_to_stop(script: Script, tmp_path: Path) -> None:
    watch = Watch()
    watch.stop.set()

    assert ended(script(f"touch {tmp_path}/begun", watch=watch)).end is End.INTERRUPTED
    assert not (tmp_path / "begun").exists()


def test_out_of_time_it_is_asked_to_stop(script: Script) -> None:
    raised = ended(script(GRACEFUL, timeout_seconds=0.5))

    assert (raised.end, raised.code) == (End.OUT_OF_TIME, 3)


def test_out_of_time_and_deaf_it_is_ended(script: Script) -> None:
    raised = ended(script(DEAF, timeout_seconds=0.3, grace_seconds=0.3))

    assert (raised.end, raised.code) == (End.OUT_OF_TIME, -9)


def test_one_that_was_asked_to_stop_and_does_not_is_ended_in_time(script: Script) -> None:
    watch = Watch()
    Timer(0.1, watch.stop.set).start()

    raised = ended(script(DEAF, watch=watch, timeout_seconds=0.5, grace_seconds=0.3))

    assert (raised.end, raised.code) == (End.OUT_OF_TIME, -9)


def test_what_it_leaves_running_does_not_keep_us_waiting(script: Script) -> None:
    began = time.monotonic()

    assert run(script("sleep 60 & echo done")) == "done"
    assert time.monotonic() - began < 30


def test_it_is_told_when_it_starts_and_when_it_has_ended(script: Script) -> None:
    passed: list[str] = []

    run(script("exit 0", passed=passed.append))

    assert passed == ["engine-started", "engine-ended"]


def test_it_runs_in_a_group_of_its_own_and_holds_what_it_is_given(
    script: Script, tmp_path: Path
) -> None:
    with (tmp_path / "lock").open("w") as held:
        command = script("cut -d' ' -f5 /proc/$$/stat; ls /proc/$$/fd", kept_open=(held.fileno(),))
        group, *descriptors = run(command).split()

    assert int(group) != os.getpgrp()
    assert str(held.fileno() if not held.closed else descriptors[-1]) in descriptors


def test_text_that_is_no_text_is_read_all_the_same(script: Script) -> None:
    assert "�" in run(script(r"printf '\377\n'"))


def without_room(folder: Path, *, reserve: str) -> Room:
    """Of a place in which nothing can be written, with some room kept elsewhere if that is named."""
    (folder / "closed").touch()
    if reserve:
        (folder / reserve).write_bytes(OWNER)
    return Room(folders=(folder / "closed",), reserve=folder / reserve if reserve else None)


def test_without_room_for_its_record_it_may_finish_in_the_room_that_was_kept(
    script: Script, tmp_path: Path
) -> None:
    room = without_room(tmp_path, reserve="kept")

    raised = ended(script(GRACEFUL, room=room))

    assert (raised.end, raised.code, raised.stdout) == (End.NO_ROOM, 3, "started\nasked")
    assert not (tmp_path / "kept").exists()


def test_without_any_room_it_is_ended_at_once(script: Script, tmp_path: Path) -> None:
    raised = ended(script(DEAF, room=without_room(tmp_path, reserve="")))

    assert (raised.end, raised.code) == (End.NO_ROOM, -signal.SIGKILL)


def test_it_is_ended_if_the_room_that_was_kept_is_gone_too(script: Script, tmp_path: Path) -> None:
    raised = ended(script(DEAF, room=without_room(tmp_path, reserve="kept")))

    assert (raised.end, raised.code) == (End.NO_ROOM, -signal.SIGKILL)
