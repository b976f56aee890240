"""`bin/cluster`: a Kubernetes cluster for tests."""

import os
import pathlib
import subprocess
import sys

import click

from cluster import kinds
from cluster.api import Cluster, ClusterError
from cluster.images import Image
from cluster.requirements import UnmetError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--kind", type=click.Choice(list(kinds.KINDS)), default="node", help="node needs root; kind needs Docker."
)
@click.option("--name", default="e2e", help="Name of the cluster.")
@click.pass_context
def main(context: click.Context, kind: str, name: str) -> None:
    """Run a one-node Kubernetes cluster for tests (bin/cluster --help)."""
    context.obj = kinds.find(kind, name)


@main.command()
@click.pass_obj
def up(cluster: Cluster) -> None:
    """Start the cluster, unless it is already up."""
    try:
        cluster.up()
    except UnmetError as error:
        sys.exit(f"cannot run a cluster here: {error}")
    except (ClusterError, subprocess.CalledProcessError) as error:
        sys.exit(f"the cluster did not come up: {error}")
    click.echo(f"up: {cluster.command} exec kubectl get pods --all-namespaces")


@main.command()
@click.pass_obj
def down(cluster: Cluster) -> None:
    """Stop the cluster and remove all its files."""
    cluster.down()


@main.command()
@click.pass_obj
def restart(cluster: Cluster) -> None:
    """Stop all processes of the node and start them again with the same files."""
    cluster.restart()


@main.command()
@click.pass_obj
def status(cluster: Cluster) -> None:
    """Show the node; exits with 1 if the cluster is down."""
    try:
        click.echo(cluster.kubectl("get", "nodes", "--output=wide"), nl=False)
    except (ClusterError, ProcessLookupError) as error:
        sys.exit(f"down: {error}")


@main.command()
@click.pass_obj
def kubeconfig(cluster: Cluster) -> None:
    """Print the path of the administrator's kubeconfig. With --kind node only `exec` reaches its address."""
    click.echo(cluster.environment()["KUBECONFIG"])


@main.command()
@click.argument("folder")
@click.pass_obj
def logs(cluster: Cluster, folder: str) -> None:
    """Copy the logs of the node's programs and pods into FOLDER."""
    cluster.keep_logs(folder)


@main.command()
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=pathlib.Path))
@click.argument("name")
@click.pass_obj
def push(cluster: Cluster, archive: pathlib.Path, name: str) -> None:
    """Put an image archive into the registry as NAME, like function-cdk8s/internal-dns:v0.1.0."""
    cluster.push([Image(archive, name)])


@main.command()
@click.argument("context", type=click.Path(exists=True, file_okay=False, path_type=pathlib.Path))
@click.option(
    "--build-arg", "arguments", metavar="NAME=VALUE", multiple=True, help="Argument of the Dockerfile; repeatable."
)
@click.option("--out", required=True, type=click.Path(path_type=pathlib.Path), help="Image archive to write.")
@click.pass_obj
def build(cluster: Cluster, context: pathlib.Path, arguments: tuple[str, ...], out: pathlib.Path) -> None:
    """Build an image from the Dockerfile in the folder CONTEXT; its base image comes from the registry."""
    cluster.build(context, out, dict(each.split("=", 1) for each in arguments))


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def crane(cluster: Cluster, arguments: tuple[str, ...]) -> None:
    """Run crane where the registry is 127.0.0.1:5000."""
    cluster.crane(*arguments)


@main.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def execute(cluster: Cluster, command: tuple[str, ...]) -> None:
    """Run a program that can reach the cluster's addresses, with KUBECONFIG set."""
    try:
        entered = cluster.enter(command)
    except ProcessLookupError as error:
        sys.exit(str(error))
    os.execvpe(entered[0], entered, {**os.environ, **cluster.environment()})


if __name__ == "__main__":
    main(prog_name="bin/cluster")
