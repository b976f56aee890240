"""Eight ConfigMaps that carry a message: the chart the benchmark measures."""

from cdk8s import ApiObject, Chart, JsonPatch
from cdk8s_function import ApiModel, Composite, CompositeType
from constructs import Construct

COUNT = 8


class EightConfigMapsSpec(ApiModel):
    """What an EightConfigMaps asks for."""

    message: str
    """What each of the ConfigMaps says."""


class EightConfigMaps(Chart):
    """Eight ConfigMaps."""

    composite_type = CompositeType(
        group="bench.example.org",
        version="v1alpha1",
        kind="EightConfigMaps",
        plural="eightconfigmaps",
        spec=EightConfigMapsSpec,
    )

    def __init__(self, scope: Construct, id: str, composite: Composite[EightConfigMapsSpec]) -> None:
        """Compose the ConfigMaps."""
        super().__init__(scope, id)
        for index in range(COUNT):
            config_map = ApiObject(self, f"config-{index}", api_version="v1", kind="ConfigMap")
            data = {"index": str(index), "message": composite.spec.message}
            config_map.add_json_patch(JsonPatch.add("/data", data))
