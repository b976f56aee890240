"""Import a package without one of the modules that it imports."""

import importlib
import sys
import types


def imported_beside(package: str, *, module: str, **names: object) -> None:
    """Import a package while something else stands in for a module that it imports.

    Nothing is done if either has been imported already.

    Args:
        package: The package.
        module: The module, which can be imported afterwards as ever.
        names: What the package imports from the module, by name.
    """
    if module in sys.modules or package in sys.modules:
        return
    stand_in = types.ModuleType(module)
    vars(stand_in).update(names)
    sys.modules[module] = stand_in
    try:
        importlib.import_module(package)
    finally:
        del sys.modules[module]
