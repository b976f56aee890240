"""Import the modules of a folder from their source, and ignore bytecode that an installer put beside it.

A wheel's RECORD has no digest of bytecode that was made after the wheel was unpacked
(https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file), and Python does
not compare unchecked bytecode with its source (PEP 552). So such bytecode could be of another version.

Only Python's standard library is imported here: a worker calls this before it imports anything else.
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
    # Bytecode without a source is a module that the RECORD has a digest of.
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
    # An earlier import may have cached that it found nothing there.
    sys.path_importer_cache.pop(folder, None)
