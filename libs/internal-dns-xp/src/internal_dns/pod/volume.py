"""Notice that PowerDNS cannot write, because its volume is full."""

import logging

from internal_dns.pod.powerdns import Response

_FULL = "disk is full"
"""SQLite's words for it, which PowerDNS' API passes on (sqlite.org/rescode.html, SQLITE_FULL)."""

_LOG = logging.getLogger("volume")


class Volume:
    """The volume of the database.

    Attributes:
        is_full: Whether the last change was refused because it is full.

    Args:
        claim: Name of its PersistentVolumeClaim.
    """

    def __init__(self, claim: str) -> None:
        """Start with a volume that has room."""
        self.is_full = False
        self._claim = claim

    def note(self, response: Response) -> None:
        """Note the response to a change, and log, once, that the volume is full or has room again."""
        was_full, self.is_full = self.is_full, not response.is_good and _FULL in response.reason
        if self.is_full and not was_full:
            _LOG.error(
                "the volume of PersistentVolumeClaim %r is full: PowerDNS answers with the records it has, and can"
                " change none; give a larger spec.storageSize if its storage class can expand volumes",
                self._claim,
            )
        elif was_full and not self.is_full:
            _LOG.info("the volume of PersistentVolumeClaim %r has room again", self._claim)
