"""The fault of a kernel that is out of step, for those that do not talk to it."""


class OutOfStepError(Exception):
    """The kernel's reply does not belong to the request."""
