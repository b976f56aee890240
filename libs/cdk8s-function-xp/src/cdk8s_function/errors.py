"""What goes wrong on purpose.

These exceptions are the only ones that cross the module borders of the server:
each subclass of `FunctionError` is one decision its catcher makes.
"""


class FunctionError(Exception):
    """Base of what this library raises on purpose; `str()` is one line fit for a user."""


class FatalError(FunctionError):
    """A fault of the user or the chart's author: the same request fails again until one of them acts."""


class TransientError(FunctionError):
    """A fault of the moment: Crossplane should call again."""


class UnavailableError(TransientError):
    """No worker could take or finish the request (gRPC UNAVAILABLE)."""


class DeadlineError(TransientError):
    """The request's time ran out before its chart was done (gRPC DEADLINE_EXCEEDED)."""
