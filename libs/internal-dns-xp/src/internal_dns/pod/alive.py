"""Tell the kubelet whether PowerDNS is alive: it answers a client, and its database can be read.

Both, as PowerDNS goes on answering from memory for long while its database is
broken, and takes no change meanwhile.

    python3 -m internal_dns.pod.alive FILE ZONE    exits with 0 if it is
"""

import pathlib
import sys

from internal_dns.pod import database, lookup

if __name__ == "__main__":
    sys.exit(0 if lookup.is_alive(sys.argv[2]) and database.is_readable(pathlib.Path(sys.argv[1])) else 1)
