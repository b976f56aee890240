"""Where things are in the pod: ports, folders and users that its containers agree on."""

DNS_PORT = 5353
"""Where PowerDNS answers. Not 53, so that it needs no capability to bind it."""

API_PORT = 8081
"""PowerDNS' API, on the loopback interface only."""

RELAY_PORT = 8082
"""The guard in front of that API, on the loopback interface only."""

HEALTH_PORT = 9090
"""The guard's answers to the kubelet and its metrics."""

EXTERNAL_DNS_PORT = 7979
"""external-dns' metrics."""

POWERDNS_USER = 953
"""User and group of the PowerDNS image (Dockerfile-auth)."""

EXTERNAL_DNS_USER = 65534
"""nobody, as in external-dns' own manifests."""

DATA = "/var/lib/powerdns"
"""The volume with the database."""

DATABASE = f"{DATA}/pdns.sqlite3"

CONFIG = "/etc/internal-dns/powerdns"
"""Folder of pdns.conf."""

API_CONFIG = "/etc/internal-dns/api"
"""Folder of PowerDNS' settings that are secret."""

GUARD_CONFIG = "/etc/internal-dns/guard"
"""Folder of the guard's settings."""

RECORDS = "/etc/internal-dns/records"
"""Folder of the static records."""

KEY = "/etc/internal-dns/key"
"""Folder of the API key."""

SOCKETS = "/run/pdns"
"""Folder of PowerDNS' control socket."""

PROGRAMS = "/opt/internal-dns"
"""What the image's Python looks for modules in; the modules are in `internal_dns/pod` below."""
