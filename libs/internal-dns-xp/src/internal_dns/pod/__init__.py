"""The programs in the DNS pod, in addition to PowerDNS and external-dns.

The chart mounts these modules from a ConfigMap, and the Python of PowerDNS' image
runs them, so they need no separate image. They import only the standard library
and each other, and work with Python 3.11. `sidecar` is the program of the
container of that name; `database`, `alive` and `listening` are small programs
that the kubelet starts.

    external-dns ──▶ sidecar: relay, deletion_hold, isolation ──▶ PowerDNS ──▶ SQLite file
                     sidecar: zone                            ──▶            ◀── database, before PowerDNS starts
    kubelet      ──▶ sidecar: health                          ──▶ both
"""
