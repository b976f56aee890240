"""The errors of the test kit. They are AssertionErrors, so every test runner reports them as failures."""


class CompositionError(AssertionError):
    """The function refuses an XR, or Crossplane would refuse what it composes.

    Attributes:
        reason: The chart's own line, without the XR and the chart's name.
        traceback: Where the chart's code failed; "" if it refused the XR on purpose.
    """

    def __init__(self, message: str, reason: str = "", traceback: str = "") -> None:
        """Keep the reason and the traceback beside the message."""
        super().__init__(message)
        self.reason = reason or message
        self.traceback = traceback
        if traceback:
            self.add_note(traceback)


class UnstableError(AssertionError):
    """An XR's objects or its status change with every reconcile."""
