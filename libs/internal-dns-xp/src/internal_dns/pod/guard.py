"""Guard the DNS server: its zone, external-dns' changes to it, and the health of both.

    python3 -m internal_dns.pod.guard SETTINGS RECORDS KEY

The three files are mounted. RECORDS, the static records, is read again and again:
the kubelet updates it in place, and new records need no restart.
"""

import json
import logging
import pathlib
import signal
import sys
import threading
from types import FrameType

from internal_dns.pod import health, isolation, relay
from internal_dns.pod.brake import Brake
from internal_dns.pod.isolation import RefusedError
from internal_dns.pod.powerdns import Api, UnreachableError
from internal_dns.pod.rejections import Rejections
from internal_dns.pod.zone import Zone

ROUND_SECONDS = 5.0
"""How often the zone is looked at."""

_FIRST_ROUNDS_SECONDS = 0.25
_PATIENCE_SECONDS = 15.0

_LOG = logging.getLogger("guard")


def main(settings_file: str, records_file: str, key_file: str) -> None:
    """Run until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    # The first process of a container gets no signal it does not ask for.
    signal.signal(signal.SIGTERM, stop)
    settings = json.loads(pathlib.Path(settings_file).read_text(encoding="utf-8"))
    key = pathlib.Path(key_file).read_text(encoding="utf-8").strip()
    rejections = Rejections(settings["stallSeconds"])
    brake = Brake(settings["holdSeconds"])
    state = health.State(
        domain=settings["domain"],
        stall_seconds=settings["stallSeconds"],
        external_dns=("127.0.0.1", settings["externalDnsPort"]),
        rejections=rejections,
        brake=brake,
    )
    api = Api(host="127.0.0.1", port=settings["apiPort"], timeout_seconds=settings["timeoutSeconds"])
    relayed = relay.Relay(
        api,
        is_open=state.zone_ready,
        patience_seconds=_PATIENCE_SECONDS,
        rejections=rejections,
        brake=brake,
    )
    servers = [
        relay.server(("127.0.0.1", settings["relayPort"]), relayed),
        health.server(settings["healthPort"], state),
    ]
    for each in servers:
        threading.Thread(target=each.serve_forever, daemon=True).start()
    _keep(Zone(api, key, settings["domain"]), pathlib.Path(records_file), state, stopped)


def _keep(zone: Zone, records_file: pathlib.Path, state: health.State, stopped: threading.Event) -> None:
    trouble = ""
    while not stopped.wait(ROUND_SECONDS if state.zone_ready.is_set() else _FIRST_ROUNDS_SECONDS):
        try:
            # Before the static records are seen to: one that took a host over is put back at once.
            state.brake.release()
            declared = json.loads(records_file.read_text(encoding="utf-8"))
            found, rejections = zone.ensure(declared)
        except (RefusedError, UnreachableError, OSError, ValueError) as error:
            if str(error) != trouble:
                trouble = str(error)
                _LOG.warning("zone: %s", trouble)
            continue
        state.rejections.add(rejections)
        state.records = len(found)
        if not state.zone_ready.is_set():
            _LOG.info("zone: there, with %d record sets", len(found))
            state.has_records = any(map(isolation.is_ownership, found))
            state.zone_ready.set()
        if trouble:
            trouble = ""
            _LOG.info("zone: well again")


if __name__ == "__main__":
    main(*sys.argv[1:])
