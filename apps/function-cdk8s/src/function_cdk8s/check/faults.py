"""A fault that `check` finds."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault in a file.

    Attributes:
        file: The path of the file, relative to the current folder.
        field: The field in it, "" for the whole file.
        message: What is wrong, on one line.
    """

    file: str
    field: str = ""
    message: str

    def __str__(self) -> str:
        """Return the line that names file and field."""
        return ": ".join(part for part in (self.file, self.field, self.message) if part)
