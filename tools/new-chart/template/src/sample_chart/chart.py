"""The chart of a SampleChart.

Construct ids are identity: Crossplane keeps an object as long as its id stays.
"""

from typing import ClassVar

from cdk8s import Chart
from cdk8s_function import Composite, CompositeType, Manifest, PrinterColumn
from constructs import Construct

from sample_chart.spec import SampleChartSpec, SampleChartStatus


class SampleChart(Chart):
    """A text in a ConfigMap."""

    composite_type: ClassVar[CompositeType[SampleChartSpec]] = CompositeType(
        group="example.org",
        version="v1alpha1",
        kind="SampleChart",
        description="A text in a ConfigMap.",
        spec=SampleChartSpec,
        status=SampleChartStatus,
        printer_columns=[PrinterColumn(name="CONFIGMAP", type="string", json_path=".status.configMap")],
    )

    def __init__(self, scope: Construct, id: str, composite: Composite[SampleChartSpec]) -> None:
        """Compose the objects."""
        super().__init__(scope, id)
        labels = {"app.kubernetes.io/name": "sample-chart", "app.kubernetes.io/instance": composite.name}
        Manifest(
            self,
            "config",
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"labels": labels},
                "data": {"text": composite.spec.text},
            },
        )

        composite.set_status(SampleChartStatus(config_map=composite.observed_name("config")))
