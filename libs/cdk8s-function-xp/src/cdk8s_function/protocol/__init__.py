"""What crosses between the server and its worker processes, and how.

`messages` are plain data, `frames` their form on the wire, `channel` the socket
that carries them, and `structs` reads protobuf Structs without converting what
nobody looks at.

Runs in both processes, and imports nothing that only one of them has.
"""
