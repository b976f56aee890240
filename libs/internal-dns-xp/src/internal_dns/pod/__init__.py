"""What runs in the DNS pod besides PowerDNS and external-dns.

The chart mounts these modules from a ConfigMap, and the Python of PowerDNS' image
runs them: they need no image of their own. So they import only the standard
library and each other, and work with Python 3.11. `sidecar` is the program of the
container of that name; `database`, `alive` and `listening` are small programs
that the kubelet starts.

    external-dns ──▶ sidecar: relay, deletion_hold, isolation ──▶ PowerDNS ──▶ SQLite file
                     sidecar: zone                            ──▶            ◀── database, before PowerDNS starts
    kubelet      ──▶ sidecar: health                          ──▶ both
"""
