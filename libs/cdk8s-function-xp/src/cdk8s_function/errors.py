"""What goes wrong on purpose.

These exceptions are the only ones that cross the module borders of the server:
each subclass of `FunctionError` is one decision its catcher makes. A chart
raises `InvalidFieldError`, which is caught as the FatalError it is.
"""


class FunctionError(Exception):
    """Base of what this library raises on purpose; `str()` is one line fit for a user."""


class FatalError(FunctionError):
    """A fault of the user or the chart's author: the same request fails again until one of them acts."""


class InvalidFieldError(FatalError):
    """Raise in a chart to refuse a field of the XR that its spec model could not.

    The XR then shows one line that names chart, XR, field and reason, and its
    composed resources stay as they are.

    Args:
        path: The field, for example `spec.storageSize`.
        reason: What is wrong and what would be accepted.
    """

    def __init__(self, path: str, reason: str) -> None:
        """Make the error's line of path and reason."""
        super().__init__(f"{path}: {reason}")


class TransientError(FunctionError):
    """A fault of the moment: Crossplane should call again."""


class UnavailableError(TransientError):
    """No worker could take or finish the request (gRPC UNAVAILABLE)."""


class DeadlineError(TransientError):
    """The request's time ran out before its chart was done (gRPC DEADLINE_EXCEEDED)."""
