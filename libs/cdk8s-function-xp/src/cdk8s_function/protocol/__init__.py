"""The messages between the server and its worker processes.

`messages` are plain data, `frames` their form on the wire, `channel` the socket
that carries them, and `structs` reads protobuf Structs and converts only what is
read.

Runs in both processes, and imports nothing that only one of them has.
"""
