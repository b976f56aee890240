"""A sound chart under an entry point name of another wheel."""

from typing import Any

from cdk8s import ApiObject, Chart
from cdk8s_function import ApiModel, Composite, CompositeType
from constructs import Construct


class Spec(ApiModel):
    """Nothing to ask for."""


class Twin(Chart):
    """One Secret, where the other wheel's twin makes a ConfigMap."""

    composite_type = CompositeType(group="fixtures.example.org", version="v1", kind="Twin", spec=Spec)

    def __init__(self, scope: Construct, id: str, composite: Composite[Any]) -> None:
        """Make the Secret."""
        super().__init__(scope, id)
        ApiObject(self, composite.name, api_version="v1", kind="Secret")
