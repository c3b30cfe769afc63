"""What can not be written is told so; what else goes wrong is not."""

import errno

import pytest

from broker.domain.errors import DiskFull, Unwritable
from broker.domain.full_disk import OF_A_FULL_DISK
from stacks.disk import OF_THE_DISK, on_disk


@on_disk
def write(number: int) -> str:
    if number:
        raise OSError(number, "no", "/a/file")
    return "written"


@pytest.mark.parametrize("number", sorted(OF_THE_DISK))
def test_a_disk_that_is_full_or_closed_is_told(number: int) -> None:
    with pytest.raises(Unwritable) as refused:
        write(number)

    (finding,) = refused.value.diagnostics
    code = "disk-full" if number in OF_A_FULL_DISK else "output-unwritable"
    assert (finding.code, finding.subject) == (code, "/a/file")
    assert isinstance(refused.value, DiskFull) is (number in OF_A_FULL_DISK)


def test_other_errors_come_through() -> None:
    with pytest.raises(ConnectionResetError):
        write(errno.ECONNRESET)


def test_what_is_written_is_written() -> None:
    assert write(0) == "written"
