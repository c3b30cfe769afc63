"""Keys are the user's own, made once, and believed only where nobody else can touch them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from broker import bootstrap
from broker.domain.errors import BrokerError, Unwritable, UsageInvalid
from broker.storage.keys import KeyFiles, KnownKeys
from tests.conftest import ROOT
from tests.fakes.keys import FixedKey


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "config" / "broker" / "keys"


def code_of(error: type[BrokerError], keys: KeyFiles) -> str:
    with pytest.raises(error) as failure:
        keys.sign(b"x")
    (diagnostic,) = failure.value.diagnostics
    assert diagnostic.hint
    return diagnostic.code


def test_a_key_is_made_when_it_is_needed_first_and_kept(folder: Path) -> None:
    keys = KeyFiles(folder)

    assert keys.own() is None
    assert not folder.exists()
    assert keys.key_id == KeyFiles(folder).key_id
    assert keys.sign(b"x") == KeyFiles(folder).sign(b"x")


def test_it_is_for_its_owner_alone(folder: Path) -> None:
    os.umask(os.umask(0))
    KeyFiles(folder).sign(b"x")

    assert (folder / "signing.pem").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == ["signing.pem"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_key_that_others_can_read_is_not_used(folder: Path, mode: int) -> None:
    KeyFiles(folder).sign(b"x")
    (folder / "signing.pem").chmod(mode)

    assert code_of(UsageInvalid, KeyFiles(folder)) == "key-exposed"


def test_a_folder_that_others_can_write_into_is_not_used(folder: Path) -> None:
    KeyFiles(folder).sign(b"x")
    folder.chmod(0o770)

    assert code_of(UsageInvalid, KeyFiles(folder)) == "key-exposed"


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff"], ids=str)
def test_a_damaged_key_is_told(folder: Path, content: bytes) -> None:
    KeyFiles(folder).sign(b"x")
    (folder / "signing.pem").write_bytes(content)

    assert code_of(UsageInvalid, KeyFiles(folder)) == "key-damaged"


def test_a_key_of_another_kind_is_told(folder: Path) -> None:
    KeyFiles(folder).sign(b"x")
    other = X25519PrivateKey.generate()
    (folder / "signing.pem").write_bytes(
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )

    assert code_of(UsageInvalid, KeyFiles(folder)) == "key-damaged"


def test_a_home_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")

    assert code_of(Unwritable, KeyFiles(tmp_path / "config" / "broker" / "keys")) == (
        "output-unwritable"
    )


def test_two_who_need_a_key_at_once_get_the_same(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from broker.storage.keys import KeyFiles; "
        "print(KeyFiles(Path(sys.argv[1])).key_id)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    printed = {process.communicate(timeout=60)[0] for process in started}

    assert printed == {f"{KeyFiles(folder).key_id}\n"}


def test_only_the_own_key_is_believed_at_first(folder: Path) -> None:
    keys, stranger = KeyFiles(folder), FixedKey()
    known = KnownKeys(keys)

    assert known.public_key(keys.key_id) == keys.public_key
    assert known.accepts(keys.key_id, b"x", keys.sign(b"x"))
    assert not known.accepts(keys.key_id, b"y", keys.sign(b"x"))
    assert known.public_key(stranger.key_id) is None
    assert not known.accepts(stranger.key_id, b"x", stranger.sign(b"x"))


def test_the_own_key_is_believed_already_and_listed_once(folder: Path) -> None:
    keys = KeyFiles(folder)
    keys.sign(b"x")
    own = keys.own()
    assert own is not None

    trusted = keys.trust(own.pem.encode(), source="file")

    assert trusted == own
    assert keys.others() == []
    assert not (folder / "trusted").exists()


def test_a_private_key_is_not_trusted_and_the_hint_warns(folder: Path) -> None:
    keys = KeyFiles(folder)
    keys.sign(b"x")

    with pytest.raises(UsageInvalid) as refused:
        keys.trust((folder / "signing.pem").read_bytes(), source="signing.pem")

    (finding,) = refused.value.diagnostics
    assert finding.code == "key-damaged"
    assert finding.hint.startswith("That is a private key")


def test_whose_public_key_was_trusted_is_believed_until_it_is_not(
    folder: Path, tmp_path: Path
) -> None:
    theirs = KeyFiles(tmp_path / "theirs")
    theirs.sign(b"x")
    shown = theirs.own()
    assert shown is not None
    keys = KeyFiles(folder)
    known = KnownKeys(keys)

    trusted = keys.trust(f"{shown.id}\n{shown.pem}".encode(), source="file")

    assert trusted == shown
    assert keys.others() == [shown]
    assert known.accepts(theirs.key_id, b"x", theirs.sign(b"x"))
    keys.distrust(shown.id)
    assert keys.others() == []
    assert not known.accepts(theirs.key_id, b"x", theirs.sign(b"x"))


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_trusted_keys_that_others_can_write_are_not_believed(folder: Path, mode: int) -> None:
    keys, friend = KeyFiles(folder), FixedKey()
    pem = public_pem(friend)
    keys.trust(pem, source="file")
    (file,) = (folder / "trusted").iterdir()
    file.chmod(mode)

    with pytest.raises(UsageInvalid) as failure:
        KnownKeys(keys).public_key(friend.key_id)

    assert [d.code for d in failure.value.diagnostics] == ["key-exposed"]


def public_pem(signer: FixedKey) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32).public_key()
    assert key.public_bytes_raw() == signer.public_key
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("text", [b"", b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_not_trusted(folder: Path, text: bytes) -> None:
    with pytest.raises(UsageInvalid) as failure:
        KeyFiles(folder).trust(text, source="file")

    assert [d.code for d in failure.value.diagnostics] == ["key-damaged"]
    assert not (folder / "trusted").exists()


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"HOME": "{}/home"}, "home/.config/broker/keys"),
        ({"HOME": "{}/home", "XDG_CONFIG_HOME": "{}/xdg"}, "xdg/broker/keys"),
        ({"HOME": "{}/home", "XDG_CONFIG_HOME": "relative"}, "home/.config/broker/keys"),
        ({"HOME": "{}/home", "XDG_CONFIG_HOME": ""}, "home/.config/broker/keys"),
    ],
    ids=str,
)
def test_keys_are_in_the_configuration_of_the_user(
    tmp_path: Path, environment: dict[str, str], place: str
) -> None:
    settings = {name: value.format(tmp_path) for name, value in environment.items()}

    bootstrap.keys(settings).sign(b"x")

    assert (tmp_path / place / "signing.pem").exists()
