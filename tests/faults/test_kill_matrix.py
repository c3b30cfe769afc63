"""Whatever is killed whenever: the same command again ends with the same fleet, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kill_matrix import CASES, Case, Yard, run_case, yard


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with yard(Path(tmp_path_factory.mktemp("kills"))) as made:
        yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_same_command_again_leaves_nothing_lost_orphaned_or_doubled(
    case: Case, place: Yard
) -> None:
    verdict = run_case(case, place)

    assert (verdict.lost, verdict.orphaned, verdict.duplicated) == ([], [], []), verdict.output
