"""Read a list of objects with managed fields, and print what Crossplane applied of each, and how often.

Server-side apply that changes nothing leaves the managed fields, their time included, as they are.
"""

import json
import sys

_CROSSPLANE = "apiextensions.crossplane.io"


def main() -> None:
    """Print a line for each object, in order."""
    lines: list[str] = []
    for each in json.load(sys.stdin)["items"]:
        metadata = each["metadata"]
        applied = [entry for entry in metadata["managedFields"] if entry["manager"].startswith(_CROSSPLANE)]
        if not applied:
            sys.exit(f"{each['kind']} {metadata['name']} was not applied by Crossplane")
        lines.append(f"{each['kind']} {metadata['name']} {metadata['uid']} {json.dumps(applied, sort_keys=True)}")
    print("\n".join(sorted(lines)))


if __name__ == "__main__":
    main()
