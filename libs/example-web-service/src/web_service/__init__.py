"""An example chart: a Deployment, a Service and, where a host is given, an Ingress."""

from typing import Annotated

from cdk8s import Chart
from cdk8s_function import ApiModel, Composite, CompositeType, Manifest, PrinterColumn
from constructs import Construct
from pydantic import Field

PORT = 8080


class WebServiceSpec(ApiModel):
    """What a WebService asks for."""

    image: str
    """Image to run, with a tag or digest."""

    replicas: Annotated[int, Field(ge=1, le=10)] = 1
    """How many pods to run."""

    host: str | None = None
    """Host name to serve under; no Ingress without one."""


class WebServiceStatus(ApiModel):
    """What a WebService reports."""

    url: str | None = None
    """Where the service answers."""

    available_replicas: int = 0
    """How many pods are available."""


class WebService(Chart):
    """One web service."""

    composite_type = CompositeType(
        group="example.org",
        version="v1alpha1",
        kind="WebService",
        description="A web service, and the host name it answers under.",
        spec=WebServiceSpec,
        status=WebServiceStatus,
        printer_columns=[PrinterColumn(name="URL", type="string", json_path=".status.url")],
    )

    def __init__(self, scope: Construct, id: str, composite: Composite[WebServiceSpec]) -> None:
        """Compose the service's objects."""
        super().__init__(scope, id)
        spec = composite.spec
        labels = {"app.kubernetes.io/name": composite.name}

        Manifest(
            self,
            "deployment",
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "spec": {
                    "replicas": spec.replicas,
                    "selector": {"matchLabels": labels},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {
                            "containers": [{"name": "web", "image": spec.image, "ports": [{"containerPort": PORT}]}],
                        },
                    },
                },
            },
        )
        service = Manifest(
            self,
            "service",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": PORT}]},
            },
        )
        if spec.host:
            backend = {"service": {"name": service.name, "port": {"number": 80}}}
            paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
            Manifest(
                self,
                "ingress",
                {
                    "apiVersion": "networking.k8s.io/v1",
                    "kind": "Ingress",
                    "spec": {"rules": [{"host": spec.host, "http": {"paths": paths}}]},
                },
            )

        deployment = composite.observed.get("deployment")
        composite.set_status(
            WebServiceStatus(
                url=f"http://{spec.host}" if spec.host else None,
                available_replicas=deployment.field("status", "availableReplicas", default=0) if deployment else 0,
            )
        )
