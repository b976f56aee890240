"""What the kit fails with: assertions, so that every test runner reports them as failures."""


class CompositionError(AssertionError):
    """The function refuses an XR, or Crossplane would refuse what it composes.

    Attributes:
        reason: The chart's own line, without the XR and the chart's name.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        """Keep the reason beside the message."""
        super().__init__(message)
        self.reason = reason or message


class UnstableError(AssertionError):
    """An XR's objects or its status change with every reconcile."""
