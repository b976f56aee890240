"""The sidecar of PowerDNS: it keeps the zone, checks what external-dns changes, and reports the health of both.

    python3 -m internal_dns.pod.sidecar SETTINGS RECORDS KEY START CLAIM

The four files are mounted. RECORDS has the record sets to keep in the zone. It is
read again in each round: the kubelet updates it in place, so new records need no
restart. START has the number of PowerDNS' start, for the sync
gate. CLAIM is the name of the volume's PersistentVolumeClaim.
"""

import functools
import json
import logging
import pathlib
import signal
import sys
import threading
import time
from types import FrameType

from internal_dns.pod import health, lookup, query_statistics, relay
from internal_dns.pod.canary import Canary
from internal_dns.pod.deletion_hold import DeletionHold
from internal_dns.pod.leaving import Leaving
from internal_dns.pod.powerdns import Api, RefusedError, UnreachableError
from internal_dns.pod.rejections import Rejections
from internal_dns.pod.sync_gate import SyncGate
from internal_dns.pod.volume import Volume
from internal_dns.pod.zone import Zone, static_names

ROUND_SECONDS = 5.0
"""Seconds between two checks of the zone."""

_FIRST_ROUNDS_SECONDS = 0.25
_PATIENCE_SECONDS = 15.0

_LOG = logging.getLogger("sidecar")


def main(settings_file: str, records_file: str, key_file: str, start_file: str, claim: str) -> None:
    """Run until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    # The kernel sends the first process of a container only signals that it has a handler for.
    signal.signal(signal.SIGTERM, stop)
    settings = json.loads(pathlib.Path(settings_file).read_text(encoding="utf-8"))
    rejections = Rejections(settings["stallSeconds"])
    deletion_hold = DeletionHold(settings["holdSeconds"], settings["syncSeconds"])
    volume = Volume(claim)
    api = Api(
        host="127.0.0.1",
        port=settings["apiPort"],
        key=pathlib.Path(key_file).read_text(encoding="utf-8").strip(),
        timeout_seconds=settings["timeoutSeconds"],
        on_change=volume.note,
    )
    external_dns = ("127.0.0.1", settings["externalDnsPort"])
    finished = functools.partial(health.finished, external_dns)
    sync_gate = SyncGate(api, settings["domain"], pathlib.Path(start_file), finished)
    leaving = Leaving(finished)
    zone = Zone(api, settings["domain"], settings["owner"], leaving.compared)
    canary = Canary(
        settings["domain"],
        settings["owner"],
        stale_seconds=settings["stallSeconds"],
        write=zone.patch,
        sees=lookup.has,
    )
    state = health.State(
        domain=settings["domain"],
        stall_seconds=settings["stallSeconds"],
        external_dns=external_dns,
        rejections=rejections,
        deletion_hold=deletion_hold,
        sync_gate=sync_gate,
        canary=canary,
        volume=volume,
        queries=functools.partial(query_statistics.read, api),
    )
    relayed = relay.Relay(
        api,
        is_open=state.zone_ready,
        patience_seconds=_PATIENCE_SECONDS,
        rejections=rejections,
        deletion_hold=deletion_hold,
        sync_gate=sync_gate,
        canary=canary,
        leaving=leaving,
    )
    servers = [
        relay.server(("127.0.0.1", settings["relayPort"]), relayed),
        health.server(settings["healthPort"], state),
    ]
    for each in servers:
        threading.Thread(target=each.serve_forever, daemon=True).start()
    threading.Thread(target=canary.run, args=(stopped,), daemon=True).start()
    _keep(zone, pathlib.Path(records_file), relayed, state, stopped)


def _keep(
    zone: Zone, records_file: pathlib.Path, relayed: relay.Relay, state: health.State, stopped: threading.Event
) -> None:
    fault = ""
    due = 0.0
    while not stopped.wait(ROUND_SECONDS if state.sync_gate.is_open else _FIRST_ROUNDS_SECONDS):
        state.canary.tell()
        try:
            # While the gate is closed, it is checked more often than the zone.
            if not state.zone_ready.is_set() or time.monotonic() >= due:
                _ensure(zone, records_file, relayed, state)
                due = time.monotonic() + ROUND_SECONDS - _FIRST_ROUNDS_SECONDS
            state.sync_gate.check()
        except (RefusedError, UnreachableError, OSError, ValueError) as error:
            if str(error) != fault:
                fault = str(error)
                _LOG.warning("zone: %s", fault)
            continue
        if fault:
            fault = ""
            _LOG.info("zone: without fault again")


def _ensure(zone: Zone, records_file: pathlib.Path, relayed: relay.Relay, state: health.State) -> None:
    """Make the zone as declared."""
    # First: if the deletion takes a name that a static record has, the record is back at once.
    state.deletion_hold.release()
    declared = json.loads(records_file.read_text(encoding="utf-8"))
    relayed.static_names = static_names(declared) | {state.canary.name}
    found, rejections = zone.ensure(declared)
    state.rejections.add(rejections)
    state.record_sets = len(found)
    if not state.zone_ready.is_set():
        _LOG.info("zone: ready, with %d record sets", len(found))
        state.sync_gate.check()
        state.zone_ready.set()


if __name__ == "__main__":
    main(*sys.argv[1:])
