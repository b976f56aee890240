"""Types of Kubernetes' objects, for editors and type checkers.

What they check is in `types.pyi`. When a program runs, each of them is `dict`: to import this module takes no time.
"""


def __getattr__(name: str) -> type[dict[str, object]]:
    if name.startswith("_"):
        raise AttributeError(name)
    return dict
