"""Read the function's log, and print the requests that are recorded in it, unpacked: what they say can be searched."""

import sys

from cdk8s_function.recording import recording


def main() -> None:
    """Print all of each recording, in order.

    Raises:
        SystemExit: If the log holds none, or not all of one.
    """
    found = recording.find(sys.stdin.read())
    if not found:
        sys.exit("the log holds no recording")
    for name, data in found.items():
        try:
            recorded = recording.unpack(name, data)
        except recording.InvalidError as error:
            sys.exit(f"recording {name}: {error}")
        sys.stdout.buffer.write(recorded.encode() + b"\n")


if __name__ == "__main__":
    main()
