"""The slots that have nothing to do, and which of them is woken when something happens.

A request wakes one slot, whose worker is of its environment: to wake all costs
more than to find that there is nothing to do. Of several it is the first, always:
as many workers work as there are callers, and find the processor's caches warm.
"""

import threading
from collections.abc import Collection, Sequence

from cdk8s_function.protocol.messages import Environment


class FreeSlots:
    """The free slots of a pool. Its owner guards it with a lock.

    Args:
        lock: That lock.
        environments: The environment of each slot's worker, by the slot's number, as it is at any time.
    """

    def __init__(self, lock: threading.RLock, environments: Sequence[Environment]) -> None:
        """Begin with no free slot."""
        self._environments = environments
        self._calls = [threading.Condition(lock) for _ in environments]
        # By number: whether it is woken already.
        self._woken: dict[int, bool] = {}

    @property
    def numbers(self) -> Collection[int]:
        """The numbers of the free slots."""
        return self._woken.keys()

    def wait(self, number: int, seconds: float) -> None:
        """Be free until woken. The lock is released meanwhile.

        Args:
            number: The slot's number.
            seconds: How long at most.
        """
        self._woken[number] = False
        try:
            self._calls[number].wait(seconds)
        finally:
            del self._woken[number]

    def wake(self, environment: Environment) -> None:
        """Wake a slot for a request of an environment; all slots if none of it is free, as one may go there."""
        for number, own in enumerate(self._environments):
            if own == environment and self._woken.get(number) is False:
                self._wake(number)
                return
        self.wake_all()

    def wake_all(self) -> None:
        """Wake all of them: any may have something to do."""
        for number, woken in self._woken.items():
            if not woken:
                self._wake(number)

    def _wake(self, number: int) -> None:
        self._woken[number] = True
        self._calls[number].notify()
