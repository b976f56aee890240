"""The command line of function-cdk8s.

The module of a command is imported when the command runs: `--help` waits for no
module, `charts` does not wait for gRPC, and `serve` does not start Node.js, which
`xrd` may need.
"""

import importlib
import os
import sys

import click
from cdk8s_function import spelling
from cdk8s_function.installed import chart_folders

_COMMANDS = {
    "charts": "List the installed charts.",
    "check": "Check a chart's repository: XRD, examples, object schemas.",
    "init": "Create a repository for a new chart.",
    "pack": "Make the folder of one version of a chart, from wheels.",
    "plan": "Print what an upgrade of a chart changes in XRs.",
    "render": "Render an XR with its Composition, without a cluster.",
    "serve": "Serve the composition function over gRPC.",
    "xrd": "Print the XRD of a chart, generated from its spec model.",
}
"""The commands, which are also the names of their modules, with their summaries in the help."""

_IMPORTING = frozenset({"check", "plan", "render", "xrd"})
"""The commands that import charts in their own process."""

_OWN_PROCESS = object()


class _Commands(click.Group):
    """A group whose commands are the modules of this package (click's docs: Lazily Loading Subcommands)."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature.
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"function_cdk8s.{cmd_name}").command
        for option in command.params:
            if isinstance(option, click.Option):
                # Also of the SDK's options, which do not ask for it.
                option.show_envvar = True
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            meant = spelling.nearest(args[0], _COMMANDS)
            ctx.fail(f"No such command '{args[0]}'." + (f" Did you mean '{meant}'?" if meant else ""))
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="function-cdk8s")
@click.option(
    "--charts-dir",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    envvar=chart_folders.VARIABLE,
    show_envvar=True,
    help="A folder with charts besides the installed ones: wheels, unpacked into it or into subfolders.",
)
@click.pass_context
def main(ctx: click.Context, charts_dir: str | None) -> None:
    """Compose Crossplane resources with cdk8s charts."""
    begins = ctx.obj is _OWN_PROCESS and ctx.invoked_subcommand in _IMPORTING
    if begins and "PYTHONHASHSEED" not in os.environ and sys.gettrace() is None:
        # A set of strings then has the same order as in a worker. Python reads this only when it starts, so start it
        # again, but not under a debugger, which would be lost.
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})
    if charts_dir:
        os.environ[chart_folders.VARIABLE] = charts_dir
        chart_folders.add()


def run() -> None:
    """Run the command line in its own process, which it may start again. `main` in another program does not do that."""
    main(prog_name="function-cdk8s", obj=_OWN_PROCESS)
