"""Count a Python package's files, its rooms (folders), the imports between them, and its floors.

A floor is a step of the longest chain of imports. The pages on design state these numbers:

    bin/python tools/docs/rooms.py libs/cdk8s-function-xp/src/cdk8s_function
"""

import ast
import functools
import pathlib
import sys

Graph = dict[str, set[str]]


def imports(folder: pathlib.Path) -> Graph:
    """Return which modules of a package each of its modules imports, at whatever place in the module."""
    parts = {path: path.relative_to(folder.parent).with_suffix("").parts for path in folder.rglob("*.py")}
    modules = {".".join(parts[path]).removesuffix(".__init__"): path for path in parts}
    graph: Graph = {module: set() for module in modules}
    for module, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                graph[module].update(name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                submodules = {f"{node.module}.{name.name}" for name in node.names} & modules.keys()
                graph[module].update(submodules or {node.module})
        graph[module] &= modules.keys() - {module}
    return graph


def rooms(graph: Graph) -> Graph:
    """Return which folders import which; a module beside the package's `__init__` is a room by itself."""
    packages = {module.rpartition(".")[0] for module in graph}
    room = {module: module if module in packages else module.rpartition(".")[0] for module in graph}
    room |= {module: module for module, parent in room.items() if "." not in parent}
    return {one: {room[to] for module, found in graph.items() if room[module] == one for to in found} - {one}
            for one in set(room.values())}  # fmt: skip


def floors(graph: Graph) -> int:
    """Return the length of the longest chain of imports; a circle ends it in a RecursionError."""

    @functools.cache
    def height(node: str) -> int:
        return 1 + max(map(height, graph[node]), default=0)

    return max(map(height, graph))


if __name__ == "__main__":
    found = imports(pathlib.Path(sys.argv[1]))
    for what, graph in (("files", found), ("rooms", rooms(found))):
        print(f"{len(graph)} {what}, {sum(map(len, graph.values()))} arrows, {floors(graph)} floors")
