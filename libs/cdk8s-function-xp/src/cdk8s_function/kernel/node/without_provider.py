"""Import jsii without its `ProcessProvider`, the way to Node.js, until that is asked for something.

Its module imports cattrs and dateutil: a tenth of the time that a worker takes to
start, and more than a megabyte, where Node.js is not needed.
"""

# jsii has no public name for any of this. Its version is pinned, and tests compare both kernels.

import importlib
from typing import Any

from cdk8s_function.kernel.node import stand_in

_NAME = "jsii._kernel.providers.process"


class _ProviderToCome:
    """Stands for jsii's provider, and makes way for it."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # As the provider has it.
        jsii: Any = importlib.import_module("jsii")
        if jsii.kernel.provider is self:
            jsii.kernel.provider = importlib.import_module(_NAME).ProcessProvider()
        return getattr(jsii.kernel.provider, name)


stand_in.imported_beside("jsii", module=_NAME, ProcessProvider=_ProviderToCome)
