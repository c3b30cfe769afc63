"""Requests of an AWS SDK into parameters, and answers into replies, by botocore's own models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.validate import ParamValidator
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.wrappers import Request

SERVICES = {
    "ec2": "ec2",
    "pricing": "pricing",
    "savingsplans": "savingsplans",
    "servicequotas": "service-quotas",
}
"""Names under which requests are signed, and those of botocore's models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation asked of one service in one region."""

    service: str
    region: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """An answer that is an error: its code as AWS names it, its HTTP status and headers."""

    def __init__(self, code: str, message: str, *, status: int = 400, **headers: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class WrongShape(AssertionError):
    """The sandbox would have said something that AWS never says."""


def call_of(request: Request) -> Call | None:
    """The call that *request* makes; None if it is not signed, or for a service of moto's own."""
    scope = request.headers.get("Authorization", "").partition("Credential=")[2].split("/")
    if len(scope) < len(("key", "day", "region", "service", "end")):
        return None
    region, service = scope[2], scope[3]
    if service not in SERVICES:
        return None
    body = request.get_data(cache=True)
    target = request.headers.get("X-Amz-Target", "")
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True)) if service == "ec2" else {}
    path = request.path.strip("/") if service == "savingsplans" else ""
    operation = fields.get("Action") or target.rpartition(".")[2] or path
    return Call(service=service, region=region, operation=operation) if operation else None


def with_parameters(call: Call, request: Request) -> Call:
    """*call* and what it asks, read as botocore's model of the operation says."""
    fields = MultiDict(parse_qsl(request.get_data(cache=True).decode(), keep_blank_values=True))
    parameters = PROTOCOL_PARSERS[_protocol(call)](_operation(call)).parse(
        {
            "method": request.method,
            "values": fields,
            "headers": Headers(),
            "body": request.get_data(cache=True),
            "url_path": request.path,
            "url_params": {},
        }
    )
    return Call(
        service=call.service,
        region=call.region,
        operation=call.operation,
        parameters=parameters or {},
    )


def reply(call: Call, result: Mapping[str, Any]) -> Reply:
    """*result* on the wire; WrongShape unless botocore's model of the operation allows it."""
    operation = _operation(call)
    shape = operation.output_shape
    report = None if shape is None else ParamValidator().validate(dict(result), shape)
    if report is None or report.has_errors():
        raise WrongShape(call.operation if report is None else report.generate_report())
    serializer = get_serializer_class(SERVICES[call.service], _protocol(call))
    sent = serializer(operation_model=operation).serialize(result)
    return Reply(status=sent["status_code"], body=_bytes(sent["body"]), headers=sent["headers"])


def refusal(call: Call, refused: Refused) -> Reply:
    """An error on the wire, in the form of the service."""
    if call.service == "ec2":
        text = (
            '<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error>'
            f"<Code>{refused.code}</Code><Message>{escape(str(refused))}</Message>"
            "</Error></Errors><RequestID>sandbox</RequestID></Response>"
        )
        kind = "text/xml"
    else:
        text = json.dumps({"__type": refused.code, "message": str(refused)})
        kind = "application/x-amz-json-1.1"
    headers = {"Content-Type": kind, **refused.headers}
    return Reply(status=refused.status, body=text.encode(), headers=headers)


def _operation(call: Call) -> OperationModel:
    model: OperationModel = get_service_model(SERVICES[call.service]).operation_model(
        call.operation
    )
    return model


def _protocol(call: Call) -> str:
    return str(get_service_model(SERVICES[call.service]).protocol)


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body
