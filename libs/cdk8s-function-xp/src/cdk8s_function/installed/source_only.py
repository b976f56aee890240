"""Import modules of a folder from their source alone, whatever bytecode an installer put beside it.

A wheel's RECORD has no digest of bytecode that was made after it was unpacked
(https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file), and Python takes
bytecode whose file says so for that of any source (PEP 552). So nothing would tell that it is of the same version.

Python's standard library alone is imported here: a worker does this before all else.
"""

import os
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from types import CodeType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import PathEntryFinder


class _Source(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


_FIND = FileFinder.path_hook(
    (ExtensionFileLoader, EXTENSION_SUFFIXES),
    (_Source, SOURCE_SUFFIXES),
    # Bytecode without a source is a module of its own, which RECORD has a digest of.
    (SourcelessFileLoader, BYTECODE_SUFFIXES),
)


def use(folder: str) -> None:
    """Ignore the bytecode in each `__pycache__` below a folder from now on.

    Args:
        folder: The folder, as it is in Python's search path.
    """

    def find(path: str) -> "PathEntryFinder":
        if path == folder or path.startswith(folder + os.sep):
            return _FIND(path)
        raise ImportError(path)

    sys.path_hooks.insert(0, find)
    # Who looked there before, to find nothing.
    sys.path_importer_cache.pop(folder, None)
