"""Import typeguard, by which jsii checks arguments, without `unittest.mock`.

typeguard 2 asks of each argument whether it is a mock. For that it would import
`unittest.mock`, with asyncio and ssl: a tenth of a worker's memory.
"""

import sys

from cdk8s_function.kernel.node import stand_in

_NAME = "unittest.mock"


class _MocksOfOthers(type):
    """The type of a class whose instances are those of `unittest.mock.Mock`, once somebody has imported that."""

    def __instancecheck__(cls, instance: object) -> bool:
        module = sys.modules.get(_NAME)
        return module is not None and isinstance(instance, module.Mock)


stand_in.imported_beside("typeguard", module=_NAME, Mock=_MocksOfOthers("Mock", (), {}))
