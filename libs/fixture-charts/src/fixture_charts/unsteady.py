"""A chart with the faults that its author's tests have to find; the mode `clean` has none of them."""

import secrets

from cdk8s_function import ApiModel, Composite, CompositeType, Manifest

from fixture_charts.chart import GROUP, FixtureChart, Spec

_MADE_AT_IMPORT = secrets.token_hex()


class Status(ApiModel):
    """What an Unsteady reports."""

    phase: str | None = None
    """Whether it is up."""

    zone: str | None = None
    """Its zone, once that is found."""


class Unsteady(FixtureChart):
    """A Secret, a Deployment and the ConfigMap of every fixture."""

    composite_type = CompositeType(group=GROUP, version="v1", kind="Unsteady", spec=Spec, status=Status)

    def behave(self, composite: Composite[Spec]) -> None:
        """Make what changes though nothing has changed."""
        mode = composite.spec.mode
        token = composite.generate_once("login", "token", secrets.token_hex)
        if mode == "token":
            token = secrets.token_hex()
        if mode == "memory":
            token = _MADE_AT_IMPORT
        Manifest(self, "login", {"apiVersion": "v1", "kind": "Secret", "stringData": {"token": token}})
        names = ["alpha", "beta", "gamma", "delta"]
        labels = {"app": "unsteady"}
        containers = [
            {
                "name": "main",
                "image": "example.org/main:1",
                "args": list(set(names) if mode == "set" else names),
                "ports": [{"containerPort": "80" if mode == "port" else 80}],
            }
        ]
        Manifest(
            self,
            "deployment",
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "spec": {
                    "replica" if mode == "typo" else "replicas": 2,
                    "selector": {"matchLabels": labels},
                    "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
                },
            },
        )
        status = {"phase": "Up" if composite.status.get("phase") != "Up" or mode != "status" else "Down"}
        composite.set_status(status)
        if mode == "pruned":
            composite.set_status({"phaze": "Up"})
        if mode == "requirement":
            found = composite.require("next", "v1", "ConfigMap", match_name="a", namespace="team-a") or []
            composite.require(f"after-{len(found)}-{secrets.token_hex(2)}", "v1", "ConfigMap", match_name="b")
        elif mode == "asking":
            zone = composite.require("zone", "v1", "ConfigMap", match_name="zone", namespace="kube-system")
            composite.set_status({"zone": zone[0]["data"]["zone"] if zone else None})
        if mode == "custom":
            Manifest(self, "gauge", {"apiVersion": "example.org/v1", "kind": "Gauge", "spec": {"unit": 1}})
        if mode == "raise":
            msg = "the author made a mistake"
            raise RuntimeError(msg)
