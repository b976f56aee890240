"""A chart that composes what its XR lists, for the tests of this app.

It is found through the folder this file is in, as a mounted folder's charts are.
"""

import pathlib
import time
from typing import Any

import pydantic
from cdk8s import Chart
from cdk8s_function import ApiModel, Composite, CompositeType, Manifest
from constructs import Construct


class EchoSpec(ApiModel):
    """What an Echo composes and says."""

    objects: dict[str, dict[str, Any]] = {}
    """Manifests by construct id."""

    status: dict[str, Any] = {}
    """The XR's status."""

    chain: list[str] = []
    """ConfigMaps to require, each once the one before it is known."""

    restless: bool = False
    """Whether to require something new in each call."""

    chatter: str = ""
    """What to print."""

    listen: bool = False
    """Whether to report the connection details there are, and give some."""

    claim: bool = False
    """Whether to set a condition of the XR's claim."""

    token: pydantic.SecretStr = pydantic.SecretStr("")
    """A secret, to compose a Secret of."""

    begun: str = ""
    """A file to make when it is at work."""

    wait_for: str = ""
    """A file without which it does not go on."""


class Echo(Chart):
    """One object for each that is listed."""

    composite_type = CompositeType(group="echo.example.org", version="v1", kind="Echo", spec=EchoSpec)

    def __init__(self, scope: Construct, id: str, composite: Composite[EchoSpec]) -> None:
        """Compose, require and report."""
        super().__init__(scope, id)
        spec = composite.spec
        for name, manifest in spec.objects.items():
            Manifest(self, name, manifest)
        if token := spec.token.get_secret_value():
            Manifest(self, "token", {"apiVersion": "v1", "kind": "Secret", "stringData": {"token": token}})
        if spec.begun:
            pathlib.Path(spec.begun).touch()
        while spec.wait_for and not pathlib.Path(spec.wait_for).exists():
            time.sleep(0.01)
        found: dict[str, Any] = {}
        for name in spec.chain:
            items = composite.require(name, "v1", "ConfigMap", match_name=name, namespace="shared")
            if not items:
                break
            found[name] = items[0]
        if spec.chain:
            composite.set_status({"found": found})
        if spec.restless:
            composite.require(f"call-{len(composite.context)}", "v1", "ConfigMap")
            composite.set_context(f"call-{len(composite.context)}", True)
        if spec.status:
            composite.set_status(spec.status)
        if spec.listen:
            composite.set_status({"connection": {key: value.decode() for key, value in composite.connection.items()}})
            composite.set_connection_details({"user": "me"})
        if spec.claim:
            composite.set_condition("Claimed", True, reason="Echo", target="composite-and-claim")
        if spec.chatter:
            print(spec.chatter)
