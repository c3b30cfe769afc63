"""Which pods of a member are work is asked of its own API; where nobody answers, nobody knows."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from broker.domain.errors import AccessDenied, CloudError, Unavailable
from broker.domain.members import Member
from broker.ports.state import MemberRecord
from stacks.clusters.pods import ADDON_NAMESPACES
from stacks.clusters.work import pods_of
from stacks.programs.addons import CHARTS
from stacks.programs.tags import POOL, node_labels
from tests.fakes import member_api
from tests.fakes.member_api import TOKEN, MemberServer, member_server, node, pod
from tests.fakes.small_program import small_member

MEMBER = small_member(h100=2, cpu=1)

NODES = [node("n1", "h100"), node("n2", "h100"), node("n3", "cpu"), node("n4", "system")]

OTHERS = [
    pod("agent", "n1", owner="DaemonSet"),
    pod("static", "n1", owner="Node"),
    pod("mirrored", "n1", annotations={"kubernetes.io/config.mirror": "x"}),
    pod("done", "n1", phase="Succeeded"),
    pod("failed", "n2", phase="Failed"),
    pod("dns", "n2", namespace="kube-system", owner="ReplicaSet"),
    pod("queue", "n2", namespace="kueue-system"),
    pod("metrics", "n2", namespace="gmp-system"),
    pod("elsewhere", "n4"),
    pod("waiting", None, phase="Pending"),
]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemberServer]:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with member_server(tmp_path) as server:
        server.nodes, server.pods = NODES, OTHERS
        yield server


def record_of(server: MemberServer, *made: str) -> MemberRecord:
    names = made or ("cluster", "pool-h100", "pool-cpu", "pool-system")
    return MemberRecord(
        name=MEMBER.name,
        member={},
        outputs={**server.outputs, "pools": {}},
        resources=tuple({"urn": n, "type": "t", "name": n, "id": n} for n in names),
        checkpoint=None,
    )


def token(_: Member, name: str) -> str:
    assert name == "research--aws-eu-north-1"
    return TOKEN


def refused(record: MemberRecord) -> CloudError:
    with pytest.raises(CloudError) as caught:
        pods_of(MEMBER, record, token)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "work-unknown"
    assert "-drained" in diagnostic.hint
    assert TOKEN not in repr(caught.value.diagnostics)
    return caught.value


def test_what_belongs_to_nodes_and_to_add_ons_is_nobodys_work(server: MemberServer) -> None:
    assert pods_of(MEMBER, record_of(server), token) == {}


def test_work_is_counted_on_each_pool_page_by_page(server: MemberServer) -> None:
    server.pods = [
        *OTHERS,
        pod("train-0", "n1", owner="Job"),
        pod("train-1", "n2", owner="Job"),
        pod("starting", "n2", phase="Pending"),
        pod("web", "n3", owner="ReplicaSet"),
    ]

    assert pods_of(MEMBER, record_of(server), token) == {"h100": 3, "cpu": 1}
    assert server.asked.count(f"/api/v1/nodes {POOL}") == 2


def test_a_list_that_has_grown_too_old_is_begun_anew(server: MemberServer) -> None:
    server.gone = 2
    server.pods = [pod("a", "n1"), pod("b", "n1"), pod("c", "n1")]

    assert pods_of(MEMBER, record_of(server), token) == {"h100": 3}


def test_lists_that_always_grow_too_old_tell_nothing(server: MemberServer) -> None:
    server.gone = 99

    assert isinstance(refused(record_of(server)), Unavailable)


def test_pools_that_were_never_made_are_not_asked_about(server: MemberServer) -> None:
    assert pods_of(MEMBER, record_of(server, "cluster", "network"), token) == {}
    assert server.asked == []


def test_a_pool_that_was_perhaps_made_and_not_recorded_is_asked_about(
    server: MemberServer,
) -> None:
    server.pods = [pod("train", "n1")]
    half_made = replace(record_of(server, "cluster", "pool-cpu"), is_tainted=True)

    assert pods_of(MEMBER, half_made, token) == {"h100": 1}
    assert pods_of(MEMBER, replace(half_made, outputs={}, resources=()), token) == {}


def test_a_cluster_of_which_no_api_is_recorded_is_not_taken_for_empty(
    server: MemberServer,
) -> None:
    record = replace(record_of(server), outputs={})

    assert "never finished" in refused(record).diagnostics[0].detail


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AccessDenied), (403, AccessDenied), (404, Unavailable)]
)
def test_a_refusal_is_not_taken_for_an_empty_cluster(
    server: MemberServer, status: int, kind: type[CloudError]
) -> None:
    server.status = status

    error = refused(record_of(server))

    assert isinstance(error, kind)
    assert str(status) in error.diagnostics[0].detail


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"items": [{}], "metadata": {}}', b'{"items": [1]}', b"\xff"]
)
def test_nonsense_is_not_taken_for_an_empty_cluster(server: MemberServer, body: bytes) -> None:
    server.body = body

    assert isinstance(refused(record_of(server)), Unavailable)


@pytest.mark.parametrize("answer", [{"metadata": {}}, {"metadata": {"name": "a"}}])
def test_a_pod_that_says_nothing_is_not_taken_for_none(
    server: MemberServer, answer: dict[str, Any]
) -> None:
    server.pods_body = json.dumps({"items": [answer], "metadata": {}}).encode()

    assert isinstance(refused(record_of(server)), Unavailable)


def test_an_api_out_of_reach_is_not_taken_for_an_empty_cluster(server: MemberServer) -> None:
    server.outputs["endpoint"] = "127.0.0.1:9"

    assert isinstance(refused(record_of(server)), Unavailable)


def test_a_server_of_another_authority_gets_no_answer_out_of_us(
    server: MemberServer, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    with member_server(folder) as other:
        stranger: dict[str, Any] = {"endpoint": other.outputs["endpoint"]}
        record = record_of(server)
        error = refused(replace(record, outputs={**record.outputs, **stranger}))

    assert other.asked == []
    assert "SSL" in error.diagnostics[0].detail


@pytest.mark.parametrize("name", ["BearerToken", "authorization"])
def test_a_client_that_looks_for_the_token_under_either_name_sends_it(
    server: MemberServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def told(settings: Any) -> dict[str, Any]:
        value = settings.get_api_key_with_prefix(name)
        return {
            "BearerToken": {"type": "key", "in": "header", "key": "authorization", "value": value}
        }

    monkeypatch.setattr(client.Configuration, "auth_settings", told)

    assert pods_of(MEMBER, record_of(server), token) == {}
    assert server.asked


def test_the_namespaces_of_all_add_ons_are_known() -> None:
    assert {chart.namespace for chart in CHARTS.values()} <= ADDON_NAMESPACES


def test_the_nodes_of_a_pool_have_the_label_that_is_asked_for() -> None:
    assert member_api.POOL == POOL
    assert node_labels(MEMBER.pools[0])[POOL] == "h100"
