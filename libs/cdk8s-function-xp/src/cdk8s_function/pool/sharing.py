"""Which environment each worker of a pool is of: by what is asked of each, within the number of workers.

Each worker belongs to one environment, and to change it costs a cold start. So a
worker that is free goes to another environment only where that is worth it:

- where requests wait of an environment that has no worker: the worker that is
  needed least goes, and if all are in use, each serves its own for the time of a
  cold start first;
- where requests of an environment have waited for longer than a cold start: a
  worker goes that is not the only one of an environment asked in the last
  minutes. Each environment gains one worker in that time at most.

Processes and memory are bounded by the number of workers, whatever the number of
environments. Those that are asked least lose their worker first.
"""

from collections.abc import Collection, Mapping, Sequence

from cdk8s_function.protocol.messages import IMAGE, Environment

_RECENT_SECONDS = 300.0
"""An environment that was asked within this time keeps a worker as far as there are enough."""

_LEAST_START_SECONDS = 0.25
_START_GAIN = 1 / 4
"""How long a cold start takes is learnt from each."""

_LONGEST_REST_SECONDS = 60.0
"""How long an environment is left alone at most after none of its workers started."""


class Sharing:
    """The environments of a pool's workers. Its owner guards it with a lock, and tells it the time.

    Times are of time.monotonic's clock, in seconds.

    Args:
        workers: Number of worker processes.
        environments: The environments there are, those first that are to be warm first.
    """

    def __init__(self, *, workers: int, environments: Sequence[Environment] = (IMAGE,)) -> None:
        """Give each environment a worker, as far as there are enough."""
        self._there = tuple(environments) or (IMAGE,)
        self.of = [self._there[number % len(self._there)] for number in range(workers)]
        self._asked: dict[Environment, float] = {}
        self._gained: dict[Environment, float] = {}
        self._failures: dict[Environment, tuple[int, float]] = {}
        self._warm_since = [0.0] * workers
        self._start_seconds = _LEAST_START_SECONDS

    def use(self, environments: Sequence[Environment]) -> None:
        """Take other environments for those there are. Workers of others are to be moved.

        Args:
            environments: The environments, those first that are to be warm first.
        """
        self._there = tuple(environments) or (IMAGE,)
        for learnt in (self._asked, self._gained, self._failures):
            for gone in learnt.keys() - set(self._there):
                del learnt[gone]

    def has(self, environment: Environment) -> bool:
        """Return whether an environment is there."""
        return environment in self._there

    def ask(self, environment: Environment, *, now: float) -> None:
        """Note that an environment has got a request."""
        self._asked[environment] = now

    def within_reach(self, environment: Environment, *, now: float) -> int:
        """Return how many workers serve an environment, or would if it asked: its own, and those that nobody needs."""
        return sum(own == environment or own not in self._there or not self._is_recent(own, now) for own in self.of)

    def note_start(self, worker: int, *, seconds: float, now: float) -> None:
        """Note that a worker has started.

        Args:
            worker: Its number.
            seconds: How long that took.
            now: The time.
        """
        self._failures.pop(self.of[worker], None)
        self._warm_since[worker] = now
        self._start_seconds += _START_GAIN * (max(_LEAST_START_SECONDS, seconds) - self._start_seconds)

    def note_failure(self, environment: Environment, *, now: float) -> None:
        """Note that a worker of an environment did not start: each time it rests for twice as long."""
        count = self._failures.get(environment, (0, 0.0))[0] + 1
        self._failures[environment] = count, now + min(_LONGEST_REST_SECONDS, 0.5 * 2**count)

    def rests(self, environment: Environment, *, now: float) -> bool:
        """Return whether an environment is left alone, as no worker of it started a moment ago."""
        return now < self._failures.get(environment, (0, 0.0))[1]

    def move(
        self,
        worker: int,
        *,
        waiting: Mapping[Environment, float],
        free: Collection[int],
        now: float,
    ) -> Environment:
        """Return the environment that a free worker is of from now on: its own, mostly.

        Args:
            worker: Its number.
            waiting: The environments of requests that wait, the first in line first: since when, each.
            free: Numbers of the workers that have nothing to do, this one among them or not.
            now: The time.
        """
        own = self.of[worker]
        for environment, since in waiting.items():
            if environment == own or environment not in self._there:
                continue
            if self._may_go(worker, environment, now - since, own in waiting, {*free, worker}, now):
                self._gained[environment] = now
                self.of[worker] = environment
                return environment
        if own not in self._there or (self.rests(own, now=now) and own not in waiting):
            self.of[worker] = self._least_covered(own, now)
        return self.of[worker]

    def _may_go(
        self,
        worker: int,
        to: Environment,
        waited: float,
        own_waits: bool,  # noqa: FBT001  # Private, and called once.
        free: set[int],
        now: float,
    ) -> bool:
        own = self.of[worker]
        is_needed = own in self._there and not self.rests(own, now=now)
        if to not in self.of:
            if not is_needed:
                return True
            if own_waits:
                return min(waited, now - self._warm_since[worker]) >= self._start_seconds
            return worker == min(free, key=lambda each: self._need(each, now))
        if min(waited, now - self._gained.get(to, 0.0)) < self._start_seconds:
            return False
        if not is_needed:
            return True
        spare = self.of.count(own) - 1
        if own_waits:
            return spare > self.of.count(to)
        return spare > 0 or not self._is_recent(own, now)

    def _need(self, worker: int, now: float) -> tuple[bool, bool, float, int]:
        """Return how much a worker is needed where it is, to be compared."""
        own = self.of[worker]
        is_only_one = self.of.count(own) == 1
        return own in self._there, is_only_one and self._is_recent(own, now), self._asked.get(own, 0.0), worker

    def _is_recent(self, environment: Environment, now: float) -> bool:
        asked = self._asked.get(environment)
        return asked is not None and now - asked <= _RECENT_SECONDS

    def _least_covered(self, own: Environment, now: float) -> Environment:
        sound = [each for each in self._there if not self.rests(each, now=now)] or [own]
        return min(sound, key=lambda each: (self.of.count(each), not self._is_recent(each, now)))
