"""Write Crossplane compositions as cdk8s charts.

A chart is a plain `cdk8s.Chart` that declares its kind of composite resource
(XR) and takes a `Composite` as its last argument:

    class WebService(Chart):
        composite_type = CompositeType(group="example.org", version="v1", kind="WebService", spec=WebServiceSpec)

        def __init__(self, scope: Construct, id: str, composite: Composite[WebServiceSpec]) -> None:
            super().__init__(scope, id)
            ...

Its wheel offers the class as an entry point of the group
`cdk8s_function.charts`; the function input of a Composition names it. The names
exported here are the whole API for charts; the other modules belong to the
function. Importing this package loads neither cdk8s nor gRPC; `Manifest` loads
cdk8s when it is first named.
"""

import sys
from typing import TYPE_CHECKING

from cdk8s_function import extras
from cdk8s_function.chart.composite import Composite
from cdk8s_function.chart.composite_type import ApiModel, CompositeType, PrinterColumn
from cdk8s_function.chart.read_log import View
from cdk8s_function.chart.views import Metadata, Observed
from cdk8s_function.errors import InvalidFieldError
from cdk8s_function.objects import Json

if TYPE_CHECKING:
    from cdk8s_function.manifest import Manifest

__all__ = [
    "ApiModel",
    "Composite",
    "CompositeType",
    "InvalidFieldError",
    "Json",
    "Manifest",
    "Metadata",
    "Observed",
    "PrinterColumn",
    "View",
]


def __getattr__(name: str) -> object:
    # Its class is one of cdk8s', and a program that only reads a spec model does without that.
    if name == "Manifest":
        # Importing cdk8s starts Node.js, unless the switch puts that off.
        if not {"cdk8s", "cdk8s_function.kernel.switch"} & sys.modules.keys():
            extras.require_node()
        from cdk8s_function.manifest import Manifest  # noqa: PLC0415

        return Manifest
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
