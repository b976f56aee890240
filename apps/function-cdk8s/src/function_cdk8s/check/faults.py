"""What a check finds."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """Something to correct.

    Attributes:
        file: The file, from where the command runs.
        field: The field in it, "" if it is the whole file.
        message: What is wrong, on one line.
    """

    file: str
    field: str = ""
    message: str

    def __str__(self) -> str:
        """Return the line that names file and field."""
        return ": ".join(part for part in (self.file, self.field, self.message) if part)
