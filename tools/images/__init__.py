"""Build the project's container images and Crossplane packages without Docker.

    catalog   which images there are, and what each is made of
    layers    what a layer is made of, and the digest of that
      debian    packages of a Debian suite, pinned by third_party/debian
      programs  Go programs of bin/
      python    virtual environments and charts, of uv.lock and the workspace's wheels
    tree      the files of a layer, written as a tar whose bytes depend on nothing else
    archive   an image as `docker load` and `crane push` take it
    store     the cache of all that, one build at a time
    prune     what the cache gives up
    packages  Crossplane packages, by `crossplane xpkg build`

A layer is compressed by the pinned crane rather than by this host's zlib, because two versions of zlib give
different bytes, and with them different digests, for the same files.
"""
