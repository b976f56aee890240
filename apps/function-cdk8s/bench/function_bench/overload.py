"""Far more callers than workers, which ask again at once when refused: how many right answers come in time."""

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor

from function_bench import calls, servers
from function_bench.tables import table

CHART_SECONDS = 0.1
WORKERS = 2
TIMES = (1, 2, 5, 20)
_DEADLINE_SECONDS = 2.0
_REFUSALS = ("UNAVAILABLE", "DEADLINE_EXCEEDED")


@dataclasses.dataclass
class Load:
    """What came of so many times the callers that there are workers, in so many seconds."""

    times: int
    seconds: float
    replies: list[calls.Reply] = dataclasses.field(default_factory=list[calls.Reply])
    wrong: list[str] = dataclasses.field(default_factory=list[str])

    def count(self, code: str) -> int:
        """Return how many calls ended with a status."""
        return sum(reply.code == code for reply in self.replies)

    @property
    def goodput(self) -> float:
        """Right answers a second within the callers' deadline."""
        return self.count(calls.OK) / self.seconds


def run(channel: calls.Channel, times: int, *, seconds: float, warm_up: float = 5.0) -> Load:
    """Call a function without a pause; what ends before it is warm does not count."""
    load = Load(times, seconds)
    begin = time.monotonic() + warm_up

    def keep_calling(caller: int) -> None:
        number = 0
        while time.monotonic() < begin + seconds:
            number += 1
            token = f"token-{caller}-{number}"
            spec = {"token": token, "seconds": CHART_SECONDS}
            asked = calls.request("slow", spec, name=f"xr-{caller}", cache=False)
            reply = channel.call(asked.SerializeToString(), seconds=_DEADLINE_SECONDS)
            if reply.code == calls.OK and (reply.fatal or token.encode() not in reply.encoded):
                load.wrong.append(reply.fatal or f"the response to {token} is another's")
            if begin <= time.monotonic() < begin + seconds:
                load.replies.append(reply)

    with ThreadPoolExecutor(WORKERS * times) as callers:
        list(callers.map(keep_calling, range(WORKERS * times)))
    return load


def measure(seconds: float) -> str:
    """Measure each load for so many seconds, and return the table."""
    first = calls.request("slow", {"seconds": CHART_SECONDS})
    with (
        servers.folder() as folder,
        servers.Function(folder, workers=WORKERS) as server,
        calls.Channel(server.port) as channel,
    ):
        channel.call(first.SerializeToString(), wait=True)
        loads = [run(channel, times, seconds=seconds) for times in TIMES]
    peak = max(load.goodput for load in loads)
    headings = ("times the capacity", "answers in time, a second", "of the peak", "refused", "too late", "wrong")
    rows = [
        (load.times, load.goodput, load.goodput / peak, *map(load.count, _REFUSALS), len(load.wrong)) for load in loads
    ]
    about = f"Chart {CHART_SECONDS:g} s, {WORKERS} workers, callers wait {_DEADLINE_SECONDS:g} s."
    return "\n".join([about, "", *table(headings, rows, title="Overload")])
