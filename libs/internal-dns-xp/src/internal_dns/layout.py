"""Ports, folders and users that the containers of the pod share."""

DNS_PORT = 5353
"""Port on which PowerDNS answers. Port 53 would need a capability."""

API_PORT = 8081
"""Port of PowerDNS' API, on the loopback interface only."""

RELAY_PORT = 8082
"""Port of the sidecar, which stands in front of that API, on the loopback interface only."""

HEALTH_PORT = 9090
"""Port of the sidecar's health pages and metrics."""

EXTERNAL_DNS_PORT = 7979
"""Port of external-dns' metrics."""

POWERDNS_USER = 953
"""User and group of the PowerDNS image (Dockerfile-auth)."""

EXTERNAL_DNS_USER = 65534
"""nobody, as in external-dns' own manifests."""

DATA = "/var/lib/powerdns"
"""Folder of the volume with the database."""

DATABASE = f"{DATA}/pdns.sqlite3"

CONFIG = "/etc/internal-dns/powerdns"
"""Folder of pdns.conf."""

API_CONFIG = "/etc/internal-dns/api"
"""Folder of PowerDNS' secret settings."""

SIDECAR_CONFIG = "/etc/internal-dns/sidecar"
"""Folder of the sidecar's settings."""

RECORDS = "/etc/internal-dns/records"
"""Folder of the static records."""

KEY = "/etc/internal-dns/key"
"""Folder of the API key."""

SOCKETS = "/run/pdns"
"""Folder of PowerDNS' control socket, which the sidecar sees too."""

START_FILE = f"{SOCKETS}/start"
"""File with the number of PowerDNS' start, for the sidecar."""

PROGRAMS = "/opt/internal-dns"
"""Folder that the image's Python imports modules from. They are in `internal_dns/pod` below it."""
