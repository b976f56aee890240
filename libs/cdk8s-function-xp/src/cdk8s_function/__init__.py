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
function. Importing this package loads none of them: each comes with the first
use of its name, and cdk8s with `Manifest`.
"""

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk8s_function.chart.composite import Composite
    from cdk8s_function.chart.composite_type import ApiModel, CompositeType, PrinterColumn
    from cdk8s_function.chart.read_log import View
    from cdk8s_function.chart.views import Metadata, Observed
    from cdk8s_function.errors import InvalidFieldError
    from cdk8s_function.manifest import Manifest
    from cdk8s_function.objects import Json
    from cdk8s_function.quantities import quantity

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
    "quantity",
]

_MODULES = {
    "ApiModel": "chart.composite_type",
    "Composite": "chart.composite",
    "CompositeType": "chart.composite_type",
    "InvalidFieldError": "errors",
    "Json": "objects",
    "Manifest": "manifest",
    "Metadata": "chart.views",
    "Observed": "chart.views",
    "PrinterColumn": "chart.composite_type",
    "View": "chart.read_log",
    "quantity": "quantities",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    if name == "Manifest" and not {"cdk8s", "cdk8s_function.kernel.switch"} & sys.modules.keys():
        # Importing cdk8s starts Node.js, unless the switch puts that off.
        importlib.import_module("cdk8s_function.extras").require_node()
    exported = getattr(importlib.import_module(f"cdk8s_function.{_MODULES[name]}"), name)
    globals()[name] = exported
    return exported
