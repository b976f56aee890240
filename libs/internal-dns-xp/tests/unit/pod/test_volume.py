"""A full volume is told once, by its name."""

import logging

import pytest
from internal_dns.pod.powerdns import Response
from internal_dns.pod.volume import Volume

MADE = Response(204, b"")
BAD = Response(422, b'{"error": "Duplicate RRset"}')
FULL = Response(
    500, b'{"error": "Database failed to commit transaction: Failed to execute query: database or disk is full"}'
)


def test_a_full_volume_is_told_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    volume = Volume("dns-data")
    seen: list[bool] = []
    for response in (MADE, BAD, FULL, FULL, MADE, MADE):
        volume.note(response)
        seen.append(volume.is_full)
    assert seen == [False, False, True, True, False, False]
    assert caplog.messages == [
        (
            "the volume of PersistentVolumeClaim 'dns-data' is full: PowerDNS answers with the records it has, and can"
            " change none; give a larger spec.storageSize if its storage class can expand volumes"
        ),
        "the volume of PersistentVolumeClaim 'dns-data' has room again",
    ]
