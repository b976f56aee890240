"""The limit of what recordings may take in the log within a minute."""

from collections.abc import Callable

RATE_KIB = 1024
"""What recordings may take in the log, in KiB a minute, unless a flag says another."""

_MINUTE = 60.0


class Allowance:
    """A token bucket: an amount that can be used at once, and that is refilled within a minute.

    Args:
        most: The amount for a minute.
        clock: Returns the monotonic time in seconds.
    """

    def __init__(self, most: float, *, clock: Callable[[], float]) -> None:
        """Start with the full amount."""
        self._most = most
        self._clock = clock
        self._left = most
        self._at = clock()

    @property
    def left(self) -> float:
        """The amount that can be used now."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._most / _MINUTE)
        self._at = now
        return self._left

    @property
    def is_used_up(self) -> bool:
        """Whether less than 1 can be used now."""
        return self.left < 1

    def take(self, amount: float) -> bool:
        """Use an amount if that much is left; return whether it was."""
        if self.left < amount:
            return False
        self._left -= amount
        return True
