"""The passphrase of stacks: made once, kept, and nobody else's to read."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from broker.domain.errors import UsageInvalid
from broker.storage.passphrase import VARIABLE, passphrase


@pytest.fixture(autouse=True)
def _unstated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_it_is_made_once_whoever_comes_first(tmp_path: Path) -> None:
    for attempt in range(20):
        folder = tmp_path / f"home-{attempt}" / "broker"
        with ThreadPoolExecutor(max_workers=8) as pool:
            made = set(pool.map(lambda _, at=folder: passphrase(at), range(8)))

        assert made == {passphrase(folder)}
        assert [path.name for path in folder.iterdir()] == ["passphrase"]


def test_the_users_own_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "mine")

    assert passphrase(tmp_path) == "mine"
    assert not [*tmp_path.iterdir()]


def test_one_that_others_can_read_is_refused(tmp_path: Path) -> None:
    passphrase(tmp_path)
    (tmp_path / "passphrase").chmod(0o644)

    with pytest.raises(UsageInvalid) as refused:
        passphrase(tmp_path)

    assert refused.value.diagnostics[0].code == "passphrase-exposed"
