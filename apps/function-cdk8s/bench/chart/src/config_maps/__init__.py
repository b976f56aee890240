"""The charts the benchmark measures: ConfigMaps that carry a message, and objects of imported classes."""

from cdk8s import ApiObject, Chart, JsonPatch
from cdk8s_function import ApiModel, Composite, CompositeType
from constructs import Construct


class Spec(ApiModel):
    """What the benchmark's XRs ask for."""

    message: str
    """What each of the objects says."""

    count: int = 1
    """How many ConfigMaps there are."""


def _composite_type(kind: str) -> CompositeType[Spec]:
    return CompositeType(group="bench.example.org", version="v1alpha1", kind=kind, plural=kind.lower(), spec=Spec)


class ConfigMaps(Chart):
    """Some ConfigMaps."""

    composite_type = _composite_type("ConfigMaps")

    def __init__(self, scope: Construct, id: str, composite: Composite[Spec]) -> None:
        super().__init__(scope, id)
        for index in range(composite.spec.count):
            config_map = ApiObject(self, f"config-{index}", api_version="v1", kind="ConfigMap")
            data = {"index": str(index), "message": composite.spec.message}
            config_map.add_json_patch(JsonPatch.add("/data", data))


class ImportedClasses(Chart):
    """Five objects of the classes that `cdk8s import` generates from the Kubernetes API."""

    composite_type = _composite_type("ImportedClasses")

    def __init__(self, scope: Construct, id: str, composite: Composite[Spec]) -> None:
        super().__init__(scope, id)
        from cdk8s_plus_34 import k8s  # The workers that are measured without it do not import it.

        labels = {"app": "web"}
        container = k8s.Container(name="web", image="registry.example.org/web:1", args=[composite.spec.message])
        template = k8s.PodTemplateSpec(
            metadata=k8s.ObjectMeta(labels=labels), spec=k8s.PodSpec(service_account_name="web", containers=[container])
        )
        selector = k8s.LabelSelector(match_labels=labels)
        backend = k8s.IngressBackend(
            service=k8s.IngressServiceBackend(name="web", port=k8s.ServiceBackendPort(number=80))
        )
        k8s.KubeServiceAccount(self, "account", metadata=k8s.ObjectMeta(name="web"))
        k8s.KubeConfigMap(self, "config", data={"message": composite.spec.message})
        k8s.KubeDeployment(self, "deployment", spec=k8s.DeploymentSpec(selector=selector, template=template))
        k8s.KubeService(self, "service", spec=k8s.ServiceSpec(selector=labels, ports=[k8s.ServicePort(port=80)]))
        k8s.KubeIngress(self, "ingress", spec=k8s.IngressSpec(default_backend=backend))
