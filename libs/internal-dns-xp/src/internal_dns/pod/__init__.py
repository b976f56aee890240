"""What runs in the DNS pod besides PowerDNS and external-dns.

The chart mounts these modules from a ConfigMap and the PowerDNS image's Python
runs them, so that they need no image of their own. They import nothing but the
standard library and each other, and speak Python 3.11.

    external-dns ──▶ guard: relay, brake, isolation ──▶ PowerDNS ──▶ SQLite file
                     guard: zone                    ──▶            ◀── database, before it starts
    kubelet      ──▶ guard: health                  ──▶ both
"""
