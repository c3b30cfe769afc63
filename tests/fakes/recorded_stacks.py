"""What a program asks the engine for, recorded without an engine: resources, options, outputs."""

import asyncio
import base64
import json
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pulumi
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import SETTINGS, set_root_resource
from pulumi.runtime.stack import run_in_stack

from broker.domain.geography import RegionKey
from broker.domain.ids import (
    ClusterName,
    MachineType,
    PoolName,
    ProviderName,
    WorkloadName,
)
from broker.domain.members import Member, MemberPool, WorkloadIdentity
from broker.domain.offers import CapacityType
from stacks.programs.program_of import program_of, warm
from stacks.records import SECRET_KEY, SECRET_MARK
from stacks.sandbox.diffs import differences

ZONES = ["use1-az1", "use1-az2", "use1-az3", "use1-az4", "use1-az6"]
AUTHORITY = "Q0E="
TOKEN = "a-token-that-nobody-may-see"  # noqa: S105  # it opens nothing
GONE = "(gone)"

KUBECONFIG = base64.b64encode(
    json.dumps({"clusters": [{"cluster": {"certificate-authority-data": AUTHORITY}}]}).encode()
).decode()

FUNCTIONS: Mapping[str, Any] = {
    "getAvailabilityZones": {"zoneIds": ZONES},
    "getAvailabilityZone": {"name": "us-east-1c"},
    "getCallerIdentity": {"accountId": "123456789012"},
    "getInstanceTypeOfferings": {"locations": ["use1-az2", "use1-az4", "use1-az6"]},
    "getClusterAuth": {"token": TOKEN},
    "getClientConfig": {
        "subscriptionId": "sub", "tenantId": "tenant", "objectId": "me", "clientId": "client",
    },
    "gcp:organizations/getClientConfig:getClientConfig": {
        "project": "proj",
        "accessToken": {SECRET_KEY: SECRET_MARK, "value": TOKEN},
    },
    "getClientToken": {"token": TOKEN},
    "listManagedClusterUserCredentials": {"kubeconfigs": [{"name": "a", "value": KUBECONFIG}]},
    "getCapacityReservationGroup": {
        "capacityReservations": [{"id": f"/held/capacityReservations/{n}"} for n in ("one", "two")]
    },
    "getCapacityReservation": {"sku": {"name": "Standard_ND96isr_H100_v5"}, "zones": ["3"]},
    "getZones": {"names": [f"europe-west4-{letter}" for letter in "cba"]},
    "getMachineTypes": lambda asked: {
        "machineTypes": [] if asked["zone"] == "europe-west4-a" else [{"name": "sold"}]
    },
    "getProject": {"number": "42", "billingAccount": "bills"},
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One resource as the program asked for it; *request* is all of what the engine was told."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    request: Any

    @property
    def kind(self) -> str:
        """The last word of its type: `NodeGroup`."""
        return self.type.split(":")[-1]


@dataclass(slots=True)
class Recorded:
    """All that one run of a program asked for, by type and name, and what it told."""

    resources: dict[tuple[str, str], Asked] = field(default_factory=dict)
    functions: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, Asked]:
        """Resources of one kind (`NodeGroup`), by name."""
        return {asked.name: asked for asked in self.resources.values() if asked.kind == kind}

    def one(self, kind: str, name: str | None = None) -> Mapping[str, Any]:
        """Inputs of the resource of that kind, which is the only one unless *name* says which."""
        found = self.of(kind)
        if name is not None:
            return found[name].inputs
        [asked] = found.values()
        return asked.inputs


class _NoMocks(pulumi.runtime.Mocks):
    """The monitor answers by itself: the SDK's way leaves event loops behind in its threads."""

    def new_resource(self, args: Any) -> Any:
        raise NotImplementedError

    def call(self, args: Any) -> Any:
        raise NotImplementedError


def _filled_in(token: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a cloud adds by itself."""
    fill = FILLED_IN.get(token)
    if fill is not None:
        return fill(name, inputs)
    if token.startswith("azure-native:"):
        return {"name": _name_in(inputs) or name}
    return {"arn": f"arn:{name}"} if token.startswith("aws:") else {}


def _eks(name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "arn": "arn:cluster",
        "endpoint": "https://api.example",
        "vpcConfig": {**inputs["vpcConfig"], "clusterSecurityGroupId": "sg-cluster"},
        "certificateAuthority": {"data": AUTHORITY},
        "identities": [{"oidcs": [{"issuer": "https://issuer.example"}]}],
    }


def _aks(name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    identities = inputs["identity"]["userAssignedIdentities"]
    return {
        "name": inputs["resourceName"],
        "fqdn": "public.example",
        "privateFQDN": "private.example",
        "identity": {"userAssignedIdentities": {key: {} for key in identities}},
        "oidcIssuerProfile": {"enabled": True, "issuerURL": "https://issuer.example"},
    }


def _gke(name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The key beside the authority is secret, which makes a secret of all that it is told with."""
    key = {SECRET_KEY: SECRET_MARK, "value": TOKEN}
    return {
        "endpoint": "10.0.0.2",
        "masterAuth": {"clusterCaCertificate": AUTHORITY, "clientKey": key},
    }


def _azure_identity(name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": inputs["resourceName"],
        "principalId": f"{name}-principal",
        "clientId": f"{name}-client",
    }


def _account(name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    account = inputs["accountId"]
    return {"email": f"{account}@proj.iam.example", "name": f"accounts/{account}"}


FILLED_IN: Mapping[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
    "aws:eks/cluster:Cluster": _eks,
    "aws:ec2/launchTemplate:LaunchTemplate": lambda name, _: {"latestVersion": 1},
    "aws:kms/key:Key": lambda name, _: {"arn": f"arn:{name}", "keyId": "key-id"},
    "azure-native:containerservice:ManagedCluster": _aks,
    "azure-native:managedidentity:UserAssignedIdentity": _azure_identity,
    "azure-native:monitor:ActionGroup": lambda name, _: {
        "systemData": {"createdAt": "2026-11-29T19:00:00Z"}
    },
    "azure-native:network:PublicIPAddress": lambda name, inputs: {
        "name": inputs["publicIpAddressName"],
        "ipAddress": "203.0.113.7",
    },
    "azure-native:keyvault:Key": lambda name, _: {
        "name": name,
        "keyUriWithVersion": "https://vault.example/keys/secrets/1",
    },
    "gcp:container/cluster:Cluster": _gke,
    "gcp:compute/reservation:Reservation": lambda name, inputs: {"name": inputs["name"]},
    "gcp:serviceaccount/account:Account": _account,
}


def _name_in(inputs: Mapping[str, Any]) -> str | None:
    names = [value for key, value in inputs.items() if key.endswith("Name")]
    own = [
        value
        for key, value in inputs.items()
        if key.endswith("Name") and key != "resourceGroupName"
    ]
    return next(iter(own or names), None)


class _Monitor(MockMonitor):
    """Answers the program, and keeps what it asked for."""

    def __init__(self, recorded: Recorded) -> None:
        super().__init__(_NoMocks())
        self._recorded = recorded
        self._lock = threading.Lock()

    def Invoke(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        with self._lock:
            arguments = json_format.MessageToDict(request.args)
            self._recorded.functions.append((request.tok, arguments))
        told = FUNCTIONS.get(request.tok) or FUNCTIONS[request.tok.split(":")[-1]]
        found = _struct(told(arguments) if callable(told) else told)
        return resource_pb2.ResourceInvokeResponse(**{"return": found})

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs = json_format.MessageToDict(request.object)
        asked = Asked(type=request.type, name=request.name, inputs=inputs, request=request)
        with self._lock:
            assert (asked.type, asked.name) not in self._recorded.resources
            self._recorded.resources[asked.type, asked.name] = asked
        made = {**inputs, **_filled_in(asked.type, asked.name, inputs)}
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=f"{asked.name}-id", object=_struct(made)
        )

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        self._recorded.outputs.update(json_format.MessageToDict(request.outputs))
        return empty_pb2.Empty()


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(values), struct_pb2.Struct())


def record(member: Member, *, preview: bool = False) -> Recorded:
    """Run the program of *member* to its end."""
    recorded = Recorded()
    program = program_of(member)  # before anything of the SDK runs: it may be refused
    with warnings.catch_warnings():
        # The SDKs tell of what they no longer want to be used when they are loaded, used or not.
        warnings.simplefilter("ignore", DeprecationWarning)
        warm({member.region.provider})
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            pulumi.runtime.set_mocks(
                _NoMocks(), project=member.fleet, stack=member.name, preview=preview,
                monitor=_Monitor(recorded),
            )  # fmt: skip
            # The one that it makes is not of this loop.
            set_root_resource(None)
            loop.run_until_complete(run_in_stack(program))
        finally:
            # What a program that failed still waited for would be waited for by the next one.
            SETTINGS.outputs.clear()
            asyncio.set_event_loop(None)
            loop.close()
    return recorded


def a_pool(name: str = "plain", **other: Any) -> MemberPool:
    """Two nodes of eight H100 on demand, of a fixed size."""
    fields: dict[str, Any] = {
        "machine_type": MachineType("p5.48xlarge"),
        "capacity_type": CapacityType.ON_DEMAND,
        "nodes": 2,
        "min_nodes": 2,
        "max_nodes": 2,
        "accelerator": "H100",
        "accelerators": Fraction(8),
    }
    return MemberPool(name=PoolName(name), **{**fields, **other})


def a_member(cloud: str, region: str, *pools: MemberPool, **other: Any) -> Member:
    """One that asks for nothing beside *pools*."""
    fields: dict[str, Any] = {
        "name": ClusterName(f"{cloud}-{region}"),
        "fleet": "research",
        "owner": "ml-platform",
        "region": RegionKey(ProviderName(cloud), region),
        "address_block": "10.42.0.0/16",
        "is_protected": False,
    }
    return Member(pools=pools, **{**fields, **other})


def an_identity(workload: str = "train") -> WorkloadIdentity:
    return WorkloadIdentity(
        workload=WorkloadName(workload), namespace="research", service_account=f"{workload}-pods"
    )


Change = Mapping[str, Any]
"""Input by input what differs: `NodeGroup.capacityType` to its new value, `+NodeGroup` what came."""


def between(before: Recorded, after: Recorded) -> dict[str, Any]:
    """What the second run asked for that the first did not; keys say kind, name and input."""
    found: dict[str, Any] = {}
    for key in sorted(before.resources.keys() | after.resources.keys()):
        old, new = before.resources.get(key), after.resources.get(key)
        asked = new or old
        assert asked is not None
        label = f"{asked.kind} {asked.name}"
        if old is None:
            found[f"+{label}"] = True
        elif new is None:
            found[f"-{label}"] = True
        else:
            found.update(_differences(label, old.inputs, new.inputs))
    return found


def made_anew(before: Recorded, after: Recorded) -> list[str]:
    """Resources that both runs ask for, and that no cloud can change from the one to the other."""
    return [
        f"{old.kind} {old.name}.{found.path}"
        for key, old in sorted(before.resources.items())
        if key in after.resources and not old.type.startswith("pulumi:")
        for found in differences(
            old.type, old.inputs, after.resources[key].inputs, old.request.ignoreChanges
        )
        if found.forces
    ]


def of_pool(recorded: Recorded, pool: MemberPool) -> dict[str, Mapping[str, Any]]:
    """Inputs of what belongs to *pool*, by kind, its name blotted out: so two pools compare."""
    own: dict[str, Mapping[str, Any]] = {}
    for asked in recorded.resources.values():
        if asked.name.endswith(f"-{pool.name}"):
            text = json.dumps(asked.inputs).replace(pool.name, "POOL")
            own[asked.kind] = json.loads(text)
    return own


def between_pools(recorded: Recorded, before: MemberPool, after: MemberPool) -> dict[str, Any]:
    """What *after* has that *before* has not, both pools of one member."""
    old, new = of_pool(recorded, before), of_pool(recorded, after)
    found: dict[str, Any] = {}
    for kind in sorted(old.keys() | new.keys()):
        if kind not in old:
            found[f"+{kind}"] = True
        elif kind not in new:
            found[f"-{kind}"] = True
        else:
            found.update(_differences(kind, old[kind], new[kind]))
    return found


def _differences(label: str, old: Any, new: Any) -> Iterator[tuple[str, Any]]:
    before, after = dict(_leaves(old, label)), dict(_leaves(new, label))
    for path in sorted(before.keys() | after.keys()):
        if before.get(path, GONE) != after.get(path, GONE):
            yield path, after.get(path, GONE)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _leaves(below, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for index, below in enumerate(value):
            yield from _leaves(below, f"{path}.{index}")
    else:
        yield path, value
