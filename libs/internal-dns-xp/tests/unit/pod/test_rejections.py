"""A record set that PowerDNS refuses is logged once, counted while external-dns wants it, and then forgotten."""

import logging

import pytest
from internal_dns.pod.isolation import Rejection
from internal_dns.pod.rejections import Rejections

BAD = Rejection("bad.example.org.", "A", "Conflicts with pre-existing RRset", "ingress/default/bad")


def test_it_is_logged_once_with_its_ingress(caplog: pytest.LogCaptureFixture) -> None:
    remembered = Rejections(100)
    with caplog.at_level(logging.WARNING):
        remembered.add([BAD])
        remembered.add([BAD])
    assert caplog.messages == ["no A record bad.example.org. of ingress/default/bad: Conflicts with pre-existing RRset"]
    assert remembered.count() == 1


def test_it_is_forgotten_once_no_one_tries_it_again(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    remembered = Rejections(100, clock=lambda: now)
    remembered.add([BAD])
    now = 90.0
    remembered.add([BAD])
    now = 180.0
    assert remembered.count() == 1
    now = 191.0
    assert remembered.count() == 0
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        remembered.add([BAD])
    assert len(caplog.messages) == 1
