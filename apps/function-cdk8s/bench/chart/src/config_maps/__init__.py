"""ConfigMaps that carry a message: the charts the benchmark measures."""

from typing import ClassVar

from cdk8s import ApiObject, Chart, JsonPatch
from cdk8s_function import ApiModel, Composite, CompositeType
from constructs import Construct

GROUP = "bench.example.org"


class ConfigMapsSpec(ApiModel):
    """What the benchmark's XRs ask for."""

    message: str
    """What each of the ConfigMaps says."""


class _ConfigMaps(Chart):
    COUNT: ClassVar[int]

    def __init__(self, scope: Construct, id: str, composite: Composite[ConfigMapsSpec]) -> None:
        super().__init__(scope, id)
        for index in range(self.COUNT):
            config_map = ApiObject(self, f"config-{index}", api_version="v1", kind="ConfigMap")
            data = {"index": str(index), "message": composite.spec.message}
            config_map.add_json_patch(JsonPatch.add("/data", data))


class EightConfigMaps(_ConfigMaps):
    """Eight ConfigMaps."""

    COUNT = 8
    composite_type = CompositeType(
        group=GROUP, version="v1alpha1", kind="EightConfigMaps", plural="eightconfigmaps", spec=ConfigMapsSpec
    )


class HundredConfigMaps(_ConfigMaps):
    """A hundred ConfigMaps."""

    COUNT = 100
    composite_type = CompositeType(
        group=GROUP, version="v1alpha1", kind="HundredConfigMaps", plural="hundredconfigmaps", spec=ConfigMapsSpec
    )
