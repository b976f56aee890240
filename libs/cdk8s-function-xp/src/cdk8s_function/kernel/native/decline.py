"""Declining: saying that a call is not for this kernel, so that Node.js does it.

Whatever is not proved to be what Node.js would answer is declined. A chart may
catch the exception; the attempt remembers it all the same.
"""

from typing import NoReturn


class DeclinedError(BaseException):
    """This kernel does not do what was asked. No `Exception`, so that few charts catch it."""


class Attempt:
    """What is known of the synthesis under way.

    Attributes:
        epoch: Its number; 0 while charts are imported.
        reason: Why it was declined, "" while it was not.
        strangers: Whether Node.js was given what only this kernel knows.
    """

    def __init__(self) -> None:
        """Begin with the import of charts."""
        self.epoch = 0
        self.reason = ""
        self.strangers = False
        self._last = 0

    def begin(self) -> None:
        """Begin the next synthesis."""
        self._last += 1
        self.epoch = self._last
        self.reason = ""

    def end(self) -> str:
        """Return why the synthesis was declined, "" if it was not, and end it."""
        reason, self.reason = self.reason, ""
        self.epoch = 0
        return reason


ATTEMPT = Attempt()


def decline(reason: str) -> NoReturn:
    """Leave this synthesis to Node.js.

    Args:
        reason: What can't be done here.

    Raises:
        DeclinedError: Always.
    """
    if not ATTEMPT.reason:
        ATTEMPT.reason = reason
    raise DeclinedError(reason)
