"""Where the engine is looked for, and what is said if it is not there."""

import sys
from pathlib import Path

import pytest

from broker.domain.errors import EngineMissing
from stacks.engine import (
    OLDEST,
    built_folder,
    cache_folder,
    find_engine,
    is_new_enough,
    manifests_digest,
)


def program(path: Path, version: str) -> Path:
    """What prints a version and does nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho v{version}\n")
    path.chmod(0o755)
    return path


def built(tmp_path: Path, go: str = "go1.26.8", version: str = "3.259.0") -> Path:
    digest = manifests_digest()
    assert digest is not None
    folder = built_folder({"XDG_CACHE_HOME": str(tmp_path)}, digest, go)
    return program(folder / "bin" / "pulumi", version)


def test_what_is_told_goes_before_all(tmp_path: Path) -> None:
    told = program(tmp_path / "here" / "pulumi", "3.300.1")
    program(tmp_path / "bin" / "pulumi", "3.259.0")

    engine = find_engine({"BROKER_PULUMI": str(told), "PATH": str(tmp_path / "bin")})

    assert (engine.path, engine.version) == (told, "3.300.1")


def test_the_one_on_the_path_goes_before_the_one_that_was_built(tmp_path: Path) -> None:
    on_path = program(tmp_path / "bin" / "pulumi", "3.259.0")
    built(tmp_path)

    engine = find_engine({"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path)})

    assert engine.path == on_path


def test_one_on_the_path_that_is_too_old_is_passed_by(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "pulumi", "3.1.0")
    ours = built(tmp_path)

    engine = find_engine({"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path)})

    assert engine.path == ours


def test_of_two_that_were_built_the_newer_go_goes_first(tmp_path: Path) -> None:
    built(tmp_path, "go1.26.8")
    newer = built(tmp_path, "go1.27.0")

    assert find_engine({"XDG_CACHE_HOME": str(tmp_path)}).path == newer


def test_one_that_was_built_from_something_else_is_not_taken(tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    program(built_folder(environment, "0123456789ab", "go1.26.8") / "bin" / "pulumi", "3.259.0")

    with pytest.raises(EngineMissing):
        find_engine(environment)


def test_without_one_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing) as missing:
        find_engine({"XDG_CACHE_HOME": str(tmp_path)})

    (finding,) = missing.value.diagnostics
    assert finding.code == "engine-missing"
    assert "`make engine`" in finding.hint
    assert "https://www.pulumi.com/docs/install" in finding.hint
    assert "works without it" in finding.hint


def test_one_that_is_too_old_is_named(tmp_path: Path) -> None:
    old = program(tmp_path / "bin" / "pulumi", "3.1.0")

    with pytest.raises(EngineMissing) as missing:
        find_engine({"PATH": str(old.parent), "XDG_CACHE_HOME": str(tmp_path)})

    assert str(old) in missing.value.diagnostics[0].detail
    assert "3.259.0 or newer" in missing.value.diagnostics[0].detail


@pytest.mark.parametrize("text", ["", "#!/bin/sh\nexit 1\n", "#!/bin/sh\n", "#!/nowhere\n"])
def test_what_is_told_and_is_no_engine_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pulumi"
    path.write_text(text)
    path.chmod(0o755)

    with pytest.raises(EngineMissing) as missing:
        find_engine({"BROKER_PULUMI": str(path), "PATH": str(Path(sys.executable).parent)})

    assert "BROKER_PULUMI names no Pulumi engine" in missing.value.diagnostics[0].summary


@pytest.mark.parametrize(
    ("version", "is_so"),
    [
        ("3.259.0", True),
        ("3.260.0-alpha.1", True),
        ("4.0.0", True),
        ("3.258.9", False),
        ("3.1", False),
        ("dev", False),
    ],
)
def test_versions_are_compared_as_numbers(version: str, is_so: bool) -> None:  # noqa: FBT001
    assert is_new_enough(version) is is_so
    assert len(OLDEST) == 3


def test_the_cache_is_outside_every_checkout(tmp_path: Path) -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/gpu-broker")
    assert cache_folder({}) == Path("~/.cache/gpu-broker").expanduser()


def test_the_name_of_a_build_says_from_what(tmp_path: Path) -> None:
    assert manifests_digest(tmp_path) is None
    (tmp_path / "go.mod").write_text("a")
    (tmp_path / "go.sum").write_text("b")
    first = manifests_digest(tmp_path)
    (tmp_path / "go.sum").write_text("c")

    assert first is not None
    assert first != manifests_digest(tmp_path)
