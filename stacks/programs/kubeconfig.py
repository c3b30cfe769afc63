"""How the stack itself reaches the API of the cluster that it made, to install its add-ons."""

import json

import pulumi


def kubeconfig(
    *, endpoint: pulumi.Input[str], authority: pulumi.Input[str], token: pulumi.Input[str]
) -> pulumi.Output[str]:
    """A configuration with a short-lived *token*; secret, and never an output of the stack.

    *authority* is the base64 text of the cluster's certificate authority.
    """
    parts = pulumi.Output.all(endpoint, authority, token)
    return pulumi.Output.secret(parts.apply(lambda values: _document(*values)))


def _document(endpoint: str, authority: str, token: str) -> str:
    server = endpoint if endpoint.startswith("https://") else f"https://{endpoint}"
    name = "member"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": server, "certificate-authority-data": authority}}
        ],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(document, sort_keys=True)
