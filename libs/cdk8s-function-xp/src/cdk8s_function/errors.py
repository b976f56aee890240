"""The errors that the function reports to Crossplane.

The runner turns each subclass of `FunctionError` into a FATAL result or a gRPC
status. A chart raises `InvalidFieldError` to refuse a field of its XR.
"""


class FunctionError(Exception):
    """Base class of these errors; `str()` is one line for a user."""


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
        """Join path and reason to the error's line."""
        super().__init__(f"{path}: {reason}")


class TransientError(FunctionError):
    """A fault that may be gone at the next try: Crossplane should call again."""


class UnavailableError(TransientError):
    """No worker could take or finish the request (gRPC UNAVAILABLE)."""


class OverloadedError(UnavailableError):
    """The workers have more calls than they can do in time."""


class DeadlineError(TransientError):
    """The request's time ran out before its chart had finished (gRPC DEADLINE_EXCEEDED)."""
