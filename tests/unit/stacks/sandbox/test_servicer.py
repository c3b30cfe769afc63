"""The engine's protocol over a wire: every method answers, and errors are told as errors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto import provider_pb2_grpc

from stacks.sandbox.cloud import PACKAGES
from stacks.sandbox.ledger import Ledger
from stacks.sandbox.messages import struct_of, values_of
from stacks.sandbox.server import Servers
from stacks.sandbox.values import UNKNOWN
from tests.fakes.sandbox_desks import Counter, world

VPC = "aws:ec2/vpc:Vpc"
URN = f"urn:pulumi:dev::life::{VPC}::network"
NAMES = {"type": VPC, "urn": URN, "name": "network"}


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[grpc.Channel]:
    with world(tmp_path) as opened:
        servers = Servers([Counter(opened).desk("aws:")])
        direct = [("grpc.enable_http_proxy", 0)]
        with grpc.insecure_channel(f"127.0.0.1:{servers.ports['aws']}", direct) as opened_channel:
            yield opened_channel
        servers.stop()
        servers.stop()


@pytest.fixture
def provider(channel: grpc.Channel) -> Any:
    return provider_pb2_grpc.ResourceProviderStub(channel)


def inputs(**told: Any) -> Any:
    return struct_of({"cidrBlock": "10.0.0.0/16", **told})


def made(provider: Any) -> Any:
    return provider.Create(messages.CreateRequest(properties=inputs(), **NAMES))


def test_the_life_of_the_plug_in(provider: Any) -> None:
    nothing = empty_pb2.Empty()
    configured = provider.Configure(messages.ConfigureRequest(variables={"aws:config:region": "x"}))
    config = messages.CheckRequest(news=struct_of({"region": "x"}))

    assert provider.Handshake(messages.ProviderHandshakeRequest()).accept_secrets is False
    assert configured.supportsPreview
    assert not configured.acceptSecrets
    assert int(provider.GetPluginInfo(nothing).version.partition(".")[0]) >= 7
    assert values_of(provider.CheckConfig(config).inputs) == {"region": "x"}
    assert provider.DiffConfig(messages.DiffRequest()).changes == messages.DiffResponse.DIFF_NONE
    assert provider.GetSchema(messages.GetSchemaRequest()).schema == "{}"
    assert provider.GetMapping(messages.GetMappingRequest()).provider == ""
    assert list(provider.GetMappings(messages.GetMappingsRequest()).providers) == []
    assert list(provider.List(messages.ListRequest())) == []
    provider.Cancel(nothing)
    assert set(PACKAGES) == {"aws", "azure-native", "gcp", "kubernetes"}


@pytest.mark.parametrize("method", ["Parameterize", "Construct", "Call"])
def test_what_the_sandbox_has_not_is_refused_in_words(provider: Any, method: str) -> None:
    request = {
        "Parameterize": messages.ParameterizeRequest,
        "Construct": messages.ConstructRequest,
        "Call": messages.CallRequest,
    }[method]()

    with pytest.raises(grpc.RpcError) as raised:
        getattr(provider, method)(request)
    assert raised.value.code() is grpc.StatusCode.UNKNOWN
    assert "the sandbox has no" in raised.value.details()


def test_every_method_of_the_protocol_is_there() -> None:
    base = provider_pb2_grpc.ResourceProviderServicer
    from stacks.sandbox.servicer import SandboxServicer

    methods = [name for name in vars(base) if name[0].isupper()]
    assert len(methods) == 21
    assert [name for name in methods if name not in vars(SandboxServicer)] == []


def test_findings_name_the_input(provider: Any) -> None:
    wrong = inputs(enableDnsSupport="yes", bogus=1)

    answer = provider.Check(messages.CheckRequest(news=wrong, **NAMES))

    assert [failure.property for failure in answer.failures] == ["bogus", "enableDnsSupport"]


def test_a_preview_makes_nothing(provider: Any, tmp_path: Path) -> None:
    request = messages.CreateRequest(properties=inputs(), preview=True, **NAMES)

    answer = provider.Create(request)

    assert answer.id == ""
    assert values_of(answer.properties)["arn"] == UNKNOWN
    with Ledger(tmp_path) as ledger:
        assert ledger.resources() == []


def test_a_resource_lives(provider: Any) -> None:
    created = made(provider)
    known = {"id": created.id, **NAMES}
    read = provider.Read(messages.ReadRequest(properties=created.properties, **known))
    by_urn = provider.Read(messages.ReadRequest(id=URN, urn=URN, type=VPC, name="network"))
    news = inputs(tags={"a": "b"})
    diff = provider.Diff(messages.DiffRequest(old_inputs=inputs(), news=news, **known))
    updated = provider.Update(
        messages.UpdateRequest(olds=created.properties, old_inputs=inputs(), news=news, **known)
    )
    provider.Delete(messages.DeleteRequest(properties=updated.properties, **known))
    gone = provider.Read(messages.ReadRequest(properties=created.properties, **known))

    assert created.id.startswith("vpc-")
    assert read.id == by_urn.id == created.id
    assert values_of(read.inputs) == {"cidrBlock": "10.0.0.0/16"}
    assert list(diff.diffs) == ["tags"]
    assert list(diff.replaces) == []
    assert values_of(updated.properties)["tags"] == {"a": "b"}
    assert gone.id == ""


def test_a_replacement_is_told_in_detail(provider: Any) -> None:
    before, after = inputs(), inputs(cidrBlock="10.1.0.0/16")

    diff = provider.Diff(messages.DiffRequest(id="vpc-1", old_inputs=before, news=after, **NAMES))

    assert list(diff.replaces) == ["cidrBlock"]
    assert diff.hasDetailedDiff
    assert diff.detailedDiff["cidrBlock"].kind == messages.PropertyDiff.UPDATE_REPLACE
    assert not diff.deleteBeforeReplace


def test_functions_answer_and_fail_in_words(provider: Any) -> None:
    token = "aws:index/getAvailabilityZones:getAvailabilityZones"  # noqa: S105  # no secret
    zones = provider.Invoke(messages.InvokeRequest(tok=token, args=struct_of({"region": "r-x-1"})))
    none = provider.Invoke(messages.InvokeRequest(tok="aws:made/up:up"))

    assert len(values_of(getattr(zones, "return"))["names"]) == 3
    assert none.failures[0].reason == "the sandbox has no function aws:made/up:up"
