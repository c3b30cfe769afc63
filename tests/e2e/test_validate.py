"""`broker validate` through the command line."""

import json
from pathlib import Path

from tests.conftest import Broker

WRONG = """\
apiVersion: broker/v1
fleet: demo
owner: ops
providers:
  aws: {regions: [us-eats-1]}
budget: {monthly: lots}
budget: {monthly: 5}
workloads:
  - name: train
    kind: training
    accelerators: {model: H1000, count: 8}
    gang: 4
    capacity: [spot]
    image: registry.example/train
"""


def test_every_example_is_valid(broker: Broker, tmp_path: Path) -> None:
    for name, workloads in {
        "platform": 5,
        "research": 17,
        "startup": 3,
        "regulated": 4,
        "starter": 2,
    }.items():
        folder = tmp_path / name
        assert broker("init", f"-example={name}", str(folder)).returncode == 0

        done = broker("validate", str(folder))

        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"fleet {name}: {workloads} workloads, valid\n"


def test_all_findings_are_told_at_once_with_their_places(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(WRONG)

    done = broker("validate")

    assert done.returncode == 1
    assert done.stdout == "fleet.yaml is not valid (5 errors, 1 warning)\n"
    assert [
        line.split(", ")[0].strip() for line in done.stderr.splitlines() if "  on " in line
    ] == [
        "on fleet.yaml:5:19",
        "on fleet.yaml:6:19",
        "on fleet.yaml:7:1",
        "on fleet.yaml:11:27",
        "on fleet.yaml:13:16",
        "on fleet.yaml:14:12",
    ]
    assert "Did you mean `us-east-1`?" in done.stderr
    assert "Did you mean `H100`?" in done.stderr


def test_json_tells_the_same(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(WRONG)

    done = broker("validate", "-json")

    document = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    assert (document["valid"], document["error_count"], document["warning_count"]) == (False, 5, 1)
    assert [finding["code"] for finding in document["diagnostics"]] == [
        "region-unknown",
        "value-wrong",
        "key-repeated",
        "accelerator-unknown",
        "spot-without-checkpoint",
        "image-not-pinned",
    ]
    assert document["diagnostics"][0]["range"]["start"] == {"line": 5, "column": 19}


def test_json_of_a_valid_fleet(broker: Broker) -> None:
    broker("init")

    done = broker("validate", "-json")

    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "format_version": "1.0",
        "valid": True,
        "error_count": 0,
        "warning_count": 0,
        "diagnostics": [],
    }


def test_a_warning_does_not_make_a_fleet_invalid(broker: Broker, tmp_path: Path) -> None:
    broker("init")
    text = (tmp_path / "fleet.yaml").read_text()
    (tmp_path / "fleet.yaml").write_text(text + "    image: registry.example/train\n")

    done = broker("validate", "fleet.yaml")

    assert done.returncode == 0
    assert done.stdout == "fleet starter: 2 workloads, valid (1 warning)\n"
    assert "[image-not-pinned]" in done.stderr


def test_a_missing_file_is_told_once(broker: Broker) -> None:
    done = broker("validate", "nothing.yaml")

    assert done.returncode == 1
    assert "[file-missing]" in done.stderr


def test_chdir_is_followed(broker: Broker) -> None:
    broker("init", "there")

    assert broker("-chdir=there", "validate").returncode == 0


def test_hostile_files_end_soon_and_without_a_traceback(broker: Broker, tmp_path: Path) -> None:
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 11)]
    for name, content in {
        "laughs": "\n".join(laughs).encode(),
        "deep": b"[" * 500_000,
        "large": b"#" * 2_000_000,
        "python": b"a: !!python/object/apply:os.system ['echo owned']\n",
        "binary": bytes(range(256)),
        "keys": b"".join(b"k%d: 1\n" % number for number in range(90_000)),
    }.items():
        (tmp_path / name).write_bytes(content)

        done = broker("validate", name)

        assert done.returncode == 1
        assert "Error: " in done.stderr
        assert "Traceback" not in done.stderr
        assert "owned" not in done.stdout
