"""The engine's protocol, method by method: requests become calls of a desk, and answers messages."""
# ruff: noqa: N802  # the protocol names its methods

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NoReturn

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from stacks.sandbox.attempt import Subject
from stacks.sandbox.desk import Desk
from stacks.sandbox.diffs import Difference, differences
from stacks.sandbox.messages import struct_of, values_of
from stacks.sandbox.naming import is_chosen
from stacks.sandbox.outputs.computed import foreseen_change
from stacks.sandbox.patience import Patience
from stacks.sandbox.refusals import Refusal

CHANGES = provider_pb2.DiffResponse
KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def plugin_version(package: str) -> str:
    """The version of the program's own package: an older one than it asks for would be warned of."""
    try:
        return version(f"pulumi-{package}")
    except PackageNotFoundError:
        return "1.0.0"


class SandboxServicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers for one package; all 21 methods, as grpcio prints a traceback for each that is missing."""

    def __init__(self, desk: Desk, patience: Patience) -> None:
        self._desk = desk
        self._patience = patience
        self._version = plugin_version(desk.package)

    # The life of the plug-in.

    def Handshake(self, request: Any, context: Any) -> Any:
        """No secrets are wanted: the engine unwraps them, and wraps the outputs again."""
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:
        """The engine says where it is."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Which version."""
        return plugin_pb2.PluginInfo(version=self._version)

    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Every setting of a provider is fine."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """No setting of a provider makes its resources new."""
        return provider_pb2.DiffResponse(changes=CHANGES.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        """Settings of the last provider: calls do not say which one they are for."""
        self._desk.settings.update(
            {name.rpartition(":")[2]: value for name, value in request.variables.items()}
        )
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        """What is under way ends by itself."""
        return empty_pb2.Empty()

    def GetSchema(self, request: Any, context: Any) -> Any:
        """None: the official packages have it."""
        return provider_pb2.GetSchemaResponse(schema="{}")

    def GetMapping(self, request: Any, context: Any) -> Any:
        """None."""
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: Any, context: Any) -> Any:
        """None."""
        return provider_pb2.GetMappingsResponse()

    def Parameterize(self, request: Any, context: Any) -> Any:
        """The packages have no parameters."""
        self._refuse(context, Refusal("the sandbox has no packages with parameters"))

    def Construct(self, request: Any, context: Any) -> Any:
        """Components run elsewhere."""
        self._refuse(context, Refusal(f"the sandbox has no component {request.type}"))

    def Call(self, request: Any, context: Any) -> Any:
        """Components run elsewhere."""
        self._refuse(context, Refusal(f"the sandbox has no method {request.tok}"))

    def List(self, request: Any, context: Any) -> Any:
        """Nothing is listed."""
        return iter(())

    # Resources.

    def Check(self, request: Any, context: Any) -> Any:
        """What is wrong with the inputs, and the name that the cloud would give."""
        inputs, findings = self._desk.check(
            Subject(request.type, request.urn),
            values_of(request.news),
            values_of(request.olds),
            request.randomSeed,
        )
        failures = [provider_pb2.CheckFailure(property=f.path, reason=f.reason) for f in findings]
        return provider_pb2.CheckResponse(inputs=struct_of(inputs), failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:
        """What differs, in detail, and whether a new resource is needed."""
        news = values_of(request.news)
        found = differences(
            request.type, values_of(request.old_inputs), news, list(request.ignoreChanges)
        )
        replaces = sorted({one.property for one in found if one.forces})
        return provider_pb2.DiffResponse(
            changes=CHANGES.DIFF_SOME if found else CHANGES.DIFF_NONE,
            diffs=sorted({one.property for one in found}),
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and is_chosen(request.type, request.name, news),
            detailedDiff={one.path: _detail(one) for one in found},
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:
        """Make it, or say what it would be."""
        subject, inputs = Subject(request.type, request.urn), values_of(request.properties)
        if request.preview:
            outputs = self._desk.foresee(subject, inputs)
            return provider_pb2.CreateResponse(properties=struct_of(outputs))
        try:
            made = self._desk.create(subject, inputs, self._patience.of(context))
        except Refusal as refusal:
            self._refuse(context, refusal)
        return provider_pb2.CreateResponse(id=made.id, properties=struct_of(made.outputs))

    def Read(self, request: Any, context: Any) -> Any:
        """What the cloud has; an empty id if it has nothing."""
        subject = Subject(request.type, request.urn, request.id)
        known, inputs = values_of(request.properties), values_of(request.inputs)
        try:
            made = self._desk.read(subject, known, inputs)
        except Refusal as refusal:
            self._refuse(context, refusal)
        if made is None:
            return provider_pb2.ReadResponse(id="")
        return provider_pb2.ReadResponse(
            id=made.id, properties=struct_of(made.outputs), inputs=struct_of(made.inputs)
        )

    def Update(self, request: Any, context: Any) -> Any:
        """Change it, or say what it would be."""
        subject, news = Subject(request.type, request.urn, request.id), values_of(request.news)
        if request.preview:
            outputs = foreseen_change(request.type, values_of(request.olds), news)
            return provider_pb2.UpdateResponse(properties=struct_of(outputs))
        try:
            olds = values_of(request.olds)
            made = self._desk.update(subject, news, olds, self._patience.of(context))
        except Refusal as refusal:
            self._refuse(context, refusal)
        return provider_pb2.UpdateResponse(properties=struct_of(made.outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        """Take it away."""
        subject = Subject(request.type, request.urn, request.id)
        try:
            olds = values_of(request.properties)
            self._desk.delete(subject, olds, self._patience.of(context))
        except Refusal as refusal:
            self._refuse(context, refusal)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        """What a function answers."""
        try:
            answer: Mapping[str, Any] = self._desk.invoke(request.tok, values_of(request.args))
        except Refusal as refusal:
            failure = provider_pb2.CheckFailure(reason=str(refusal))
            return provider_pb2.InvokeResponse(failures=[failure])
        return provider_pb2.InvokeResponse(**{"return": struct_of(answer)})

    def _refuse(self, context: Any, refusal: Refusal) -> NoReturn:
        self._patience.refuse(context, str(refusal))


def _detail(one: Difference) -> Any:
    return provider_pb2.PropertyDiff(kind=KINDS[one.kind, one.forces], inputDiff=True)
