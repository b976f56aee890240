"""Import typeguard, by which jsii checks arguments, without `unittest.mock`.

typeguard 2 asks of each argument whether it is a mock. For that it would import
`unittest.mock`, with asyncio and ssl: a tenth of a worker's memory.
"""

import importlib
import sys
import types

_NAME = "unittest.mock"


class _MocksOfOthers(type):
    """The type of a class whose instances are those of `unittest.mock.Mock`, once somebody has imported that."""

    def __instancecheck__(cls, instance: object) -> bool:
        module = sys.modules.get(_NAME)
        return module is not None and isinstance(instance, module.Mock)


def _import_typeguard() -> None:
    if _NAME in sys.modules or "typeguard" in sys.modules:
        return
    stand_in = types.ModuleType(_NAME)
    vars(stand_in)["Mock"] = _MocksOfOthers("Mock", (), {})
    sys.modules[_NAME] = stand_in
    try:
        importlib.import_module("typeguard")
    finally:
        del sys.modules[_NAME]


_import_typeguard()
