"""A cloud of our own behind the engine's provider protocol: what a test can break in any way.

It knows no type; what it is told to make is there, with the id that it gives. `stacks.sandbox` is the
one that behaves as the real ones do.
"""

import json
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

# ruff: noqa: N802 - the names of the protocol

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
VERSIONS = {"aws": "7.51.1", "azure-native": "3.29.0", "gcp": "10.2.0", "kubernetes": "4.34.2"}
REPLACING = {"instanceTypes", "capacityType"}
CLUSTER = "aws:eks/cluster:Cluster"
POOL = "aws:eks/nodeGroup:NodeGroup"


class SmallCloud:
    """What is there, by id; kept in a file if it is to outlive this process."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._there: dict[str, dict[str, Any]] = {}
        self._made = 0
        self.log: list[tuple[str, str]] = []
        """Each call that was to change something, with the name of the resource."""
        self.seconds: dict[str, float] = {}
        """How long the calls for a name take: `pool` to make it, `delete pool` to delete it."""
        self.refusals: dict[str, str] = {}
        """What making a name fails with."""
        self.ids: dict[str, str] = {}
        """Which id a name gets; else one of the cloud's own."""
        self.knows_urns = True
        """Whether it can be asked for what was made under a URN, as a sandbox can."""
        self.under_way = threading.Semaphore(0)
        """Released each time something slow has begun."""
        if path is not None and path.exists():
            self._there = json.loads(path.read_text())

    def names(self) -> list[str]:
        """What is there, by the names that programs gave, with repetition."""
        return sorted(each["urn"].rpartition("::")[2] for each in self.there().values())

    def there(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            return dict(self._there)

    def put(self, key: str, thing: dict[str, Any] | None) -> None:
        with self._lock:
            if thing is None:
                self._there.pop(key, None)
            else:
                self._there[key] = thing
            if self._path is not None:
                part = self._path.with_suffix(".part")
                part.write_text(json.dumps(self._there))
                part.replace(self._path)

    def refuse(self, name: str, message: str) -> None:
        """Let making it fail with *message*; empty to let it succeed again."""
        self.refusals[name] = message

    def lose(self, name: str) -> None:
        """Delete it behind everybody's back."""
        for key, thing in self.there().items():
            if thing["urn"].endswith(f"::{name}"):
                self.put(key, None)

    def alter(self, name: str, **changed: Any) -> None:
        """Change it behind everybody's back."""
        for key, thing in self.there().items():
            if thing["urn"].endswith(f"::{name}"):
                sides = {side: {**thing[side], **changed} for side in ("inputs", "outputs")}
                self.put(key, {**thing, **sides})

    def make(self, urn: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        with self._lock:
            self._made += 1
            name = urn.rpartition("::")[2]
            own = f"{name}-{self._made:04d}-{time.monotonic_ns() % 10**9}"
            key = self.ids.get(name, own)
        outputs = {**inputs, "arn": f"arn:small:{key}"}
        self.put(key, {"urn": urn, "inputs": inputs, "outputs": outputs})
        return key, outputs

    def wait(self, what: str, context: grpc.ServicerContext) -> None:
        end = time.monotonic() + self.seconds.get(what, 0.0)
        if what in self.seconds:
            self.under_way.release()
        while time.monotonic() < end and context.is_active():
            time.sleep(0.02)

    @contextmanager
    def serving(self, *names: str) -> Iterator[dict[str, str]]:
        """Answer for these plug-ins; yield the environment that leads the engine here."""
        servers, told = [], []
        for name in names or VERSIONS:
            server = grpc.server(futures.ThreadPoolExecutor(32))
            provider_pb2_grpc.add_ResourceProviderServicer_to_server(_Answers(self, name), server)
            told.append(f"{name}:{server.add_insecure_port('127.0.0.1:0')}")
            server.start()
            servers.append(server)
        try:
            yield {"PULUMI_DEBUG_PROVIDERS": ",".join(told)}
        finally:
            for server in servers:
                server.stop(0).wait()


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    return json_format.MessageToDict(struct)


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


class _Answers(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, cloud: SmallCloud, name: str) -> None:
        self._cloud = cloud
        self._name = name

    def Handshake(self, q: Any, c: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, q: Any, c: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, q: Any, c: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSIONS[self._name])

    def CheckConfig(self, q: Any, c: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=q.news)

    def DiffConfig(self, q: Any, c: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, q: Any, c: Any) -> Any:
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Cancel(self, q: Any, c: Any) -> Any:
        return empty_pb2.Empty()

    def Check(self, q: Any, c: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=q.news)

    def Diff(self, q: Any, c: Any) -> Any:
        kind = provider_pb2.PropertyDiff
        old, new = _plain(q.old_inputs), _plain(q.news)
        changed = sorted(key for key in old | new if old.get(key) != new.get(key))
        detailed = {
            key: kind(kind=kind.UPDATE_REPLACE if key in REPLACING else kind.UPDATE, inputDiff=True)
            for key in changed
        }
        answer = provider_pb2.DiffResponse
        return answer(
            changes=answer.DIFF_SOME if changed else answer.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if key in REPLACING],
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    def Create(self, q: Any, c: Any) -> Any:
        inputs = _plain(q.properties)
        if q.preview:
            return provider_pb2.CreateResponse(properties=_struct({**inputs, "arn": UNKNOWN}))
        self._cloud.log.append(("create", q.name))
        if self._cloud.refusals.get(q.name):
            c.abort(grpc.StatusCode.UNKNOWN, self._cloud.refusals[q.name])
        key, outputs = self._cloud.make(q.urn, inputs)
        self._cloud.wait(q.name, c)
        return provider_pb2.CreateResponse(id=key, properties=_struct(outputs))

    def Read(self, q: Any, c: Any) -> Any:
        there = self._cloud.there()
        urns = there.items() if self._cloud.knows_urns else ()
        by_urn = {thing["urn"]: key for key, thing in urns}
        key = q.id if q.id in there else by_urn.get(q.id, "")
        if not key:
            return provider_pb2.ReadResponse()
        thing = there[key]
        sides = (_struct(thing["outputs"]), _struct(thing["inputs"]))
        return provider_pb2.ReadResponse(id=key, properties=sides[0], inputs=sides[1])

    def Update(self, q: Any, c: Any) -> Any:
        inputs = _plain(q.news)
        outputs = {**_plain(q.olds), **inputs}
        if not q.preview:
            self._cloud.log.append(("update", q.name))
            self._cloud.put(q.id, {"urn": q.urn, "inputs": inputs, "outputs": outputs})
            self._cloud.wait(f"update {q.name}", c)
        return provider_pb2.UpdateResponse(properties=_struct(outputs))

    def Delete(self, q: Any, c: Any) -> Any:
        self._cloud.log.append(("delete", q.name))
        thing = self._cloud.there().get(q.id)
        if thing and thing["inputs"].get("deletionProtection"):
            c.abort(grpc.StatusCode.UNKNOWN, "ResourceInUse: deletion protection is on")
        self._cloud.put(q.id, None)
        self._cloud.wait(f"delete {q.name}", c)
        return empty_pb2.Empty()

    def Invoke(self, q: Any, c: Any) -> Any:
        return provider_pb2.InvokeResponse()
