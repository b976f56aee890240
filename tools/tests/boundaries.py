"""Which projects may depend on which, by their tags: the rule that Nx's people know as module boundaries.

Nx's own check reads imports of JavaScript (https://nx.dev/docs/features/enforce-module-boundaries). Here a project
states its dependencies in its project.json, test_projects.py compares them with those of its distribution, and this
judges the graph of them. Contracts between the modules of a project are import-linter's.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

MAY_DEPEND_ON: Mapping[str, AbstractSet[str]] = {
    "scope:function": {"scope:function"},
    "scope:charts": {"scope:charts", "scope:function"},
    "scope:workspace": {"scope:charts", "scope:function", "scope:workspace"},
    "type:lib": {"type:lib"},
    "type:app": {"type:lib"},
    # The image of a chart holds the function.
    "type:chart": {"type:app", "type:lib"},
    "type:fixture": {"type:lib"},
    "type:stack": {"type:app", "type:chart", "type:lib"},
    "type:tool": {"type:app", "type:chart", "type:fixture", "type:lib", "type:tool"},
}
"""For each tag, those of which a project's dependencies have one."""


def violations(tags: Mapping[str, AbstractSet[str]], dependencies: Mapping[str, AbstractSet[str]]) -> list[str]:
    """Return what is not allowed in a project graph, a line for each fault.

    Args:
        tags: The tags of each project.
        dependencies: The projects that each project depends on.
    """
    found: list[str] = []
    for name, own in sorted(tags.items()):
        for kind in ("scope", "type"):
            if len(of_kind := {tag for tag in own if tag.startswith(f"{kind}:")} & MAY_DEPEND_ON.keys()) != 1:
                known = ", ".join(tag for tag in MAY_DEPEND_ON if tag.startswith(f"{kind}:"))
                found.append(f"{name} has {len(of_kind)} of the tags {known}; a project has one")
            found += [
                f"{name} ({tag}) may not depend on {other}, which has none of {', '.join(sorted(MAY_DEPEND_ON[tag]))}"
                for tag in of_kind
                for other in sorted(dependencies.get(name, set()))
                if not tags[other] & MAY_DEPEND_ON[tag]
            ]
    return found
