"""Check, for the kubelet, that PowerDNS answers a client and that its database can be read.

The second check is needed: with a broken database PowerDNS answers from memory
for a long time, and accepts no change.

    python3 -m internal_dns.pod.alive FILE ZONE    exits with 0 if both checks pass
"""

import pathlib
import sys

from internal_dns.pod import database, lookup

if __name__ == "__main__":
    sys.exit(0 if lookup.is_alive(sys.argv[2]) and database.is_readable(pathlib.Path(sys.argv[1])) else 1)
