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
function. Importing this package loads neither cdk8s nor gRPC.
"""

from cdk8s_function.composite import Composite
from cdk8s_function.composite_type import ApiModel, CompositeType, PrinterColumn
from cdk8s_function.errors import InvalidFieldError
from cdk8s_function.reads import View
from cdk8s_function.views import Metadata, Observed

__all__ = [
    "ApiModel",
    "Composite",
    "CompositeType",
    "InvalidFieldError",
    "Metadata",
    "Observed",
    "PrinterColumn",
    "View",
]
