"""A long run of each contender: does it stay as fast and as small as it began?"""

import sys
from collections.abc import Sequence

from function_bench import figures, footprint, loops, served
from function_bench.client import Client
from function_bench.contenders import Contender
from function_bench.rounds import WORKLOAD

BLOCK = 1_000


def run(contenders: Sequence[Contender], client: Client, *, count: int) -> dict[str, figures.Soak]:
    """Return the long run of each contender, with as many callers as it has workers."""
    return {contender.name: _soak(contender, client, count) for contender in contenders}


def _soak(contender: Contender, client: Client, count: int) -> figures.Soak:
    with served.serving(contender) as server:
        client.connect(server.port)
        client.first(workload=WORKLOAD, contender=contender.inputs)
        warm = footprint.of(server.pid)
        soak = figures.Soak(warm=warm, blocks=[], samples=[_sample(0, warm)])
        with footprint.Watch(server.pid) as watch:
            for number in range(0, count, BLOCK):
                drive = loops.drive(
                    client,
                    server,
                    workload=WORKLOAD,
                    changed=True,
                    callers=contender.workers,
                    count=min(BLOCK, count - number),
                )
                end = footprint.of(server.pid)
                seen = [*watch.take(), end]
                # The watch looks once a second, so what it saw is spread evenly over the block.
                soak.samples.extend(
                    _sample(number + drive.count * (place + 1) // len(seen), moment)
                    for place, moment in enumerate(seen)
                )
                largest = max(seen, key=lambda moment: moment.pss_mib)
                replaced = max(0, len(watch.workers) - end.children)
                soak.blocks.append(figures.Block(drive=drive, end=end, largest=largest, replaced=replaced))
                _report(number + drive.count, contender, soak.blocks[-1])
    return soak


def _sample(reconciles: int, seen: footprint.Footprint) -> figures.Sample:
    return figures.Sample(reconciles=reconciles, rss_mib=seen.rss_mib, pss_mib=seen.pss_mib)


def _report(done: int, contender: Contender, block: figures.Block) -> None:
    sys.stderr.write(
        f"soak {done:6}  {contender.title:26}  p50 {block.drive.p50_ms:6.2f} ms  p99 {block.drive.p99_ms:6.2f} ms"
        f"  {block.drive.per_second:5.0f}/s  {block.end.pss_mib:5.0f} MiB, at most {block.largest.pss_mib:5.0f}"
        f"  replaced {block.replaced}  others' CPU {block.drive.others_cpu:.2f}\n"
    )
