"""Scenarios: an XR with its chart, and what must hold of the chart's code."""

import os
import pathlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Self

from cdk8s_function.reconcile.composition import Composition
from cdk8s_function.schema import xrd
from cdk8s_function.testing import chart_processes, charts, given, lines, reconciles, repeats, upgrades, validity
from cdk8s_function.testing.chart_runs import Function
from cdk8s_function.testing.errors import CompositionError, UnstableError
from cdk8s_function.testing.given import Given
from cdk8s_function.testing.reconciles import Manifest
from cdk8s_function.testing.simulated_xr import STEPS, SimulatedXr
from cdk8s_function.testing.upgrades import Loss, Upgraded


def scenario(
    chart: Callable[..., Any] | str,
    spec_or_xr: Given | None = None,
    *,
    name: str = "demo",
    namespace: str = "team-a",
    props: Mapping[str, Any] | None = None,
    observed: Mapping[str, Mapping[str, Any]] | None = None,
    required: Sequence[Mapping[str, Any] | str | os.PathLike[str]] = (),
    schemas: Sequence[Mapping[str, Any]] = (),
    context: Mapping[str, Any] | None = None,
    credentials: Mapping[str, Mapping[str, str]] | None = None,
    composition: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    version: str = "",
    charts_dir: str | os.PathLike[str] | None = None,
) -> "Scenario":
    """Return an XR and its chart, before the first reconcile.

    Args:
        chart: The chart's class, or the name of its entry point.
        spec_or_xr: A spec (the chart's model, or a mapping of its fields), a
            whole XR, or the path of a YAML file with one; what else such a file
            holds is in the cluster.
        name: The XR's name, where only a spec is given.
        namespace: The XR's namespace, likewise.
        props: Static values of the function input.
        observed: Composed resources that exist before the first reconcile, by
            composition-resource-name. Without a name they have the one that the
            chart gives them.
        required: Objects of the cluster that the chart may ask for: manifests, or paths of YAML files.
        schemas: OpenAPI v3 documents of the cluster that it may ask for.
        context: The context that the pipeline begins with.
        credentials: Credentials that the Composition gives the function: values by key, by name.
        composition: A Composition, or the path of one, instead of one with a
            step for this chart; its steps are all of this function.
        version: Which version of a chart that is given by its name: `1.4.2`, or
            the newest there of a range like `>=1.4,<2`, as in a function input.
        charts_dir: A folder with charts in `<distribution>/<version>/`, besides
            the installed ones, as `function-cdk8s --charts-dir` takes it. Such a
            chart runs in a process of its own, with the libraries of its folder.

    Raises:
        FatalError: If there is no such chart, or not in that version; names those there are.
        ValueError: If there is no such XR or folder, or the version is none.
    """
    found = charts.find(chart, version=version, charts_dir=charts_dir)
    named = found.ref.version if version or found.ref.folder else ""
    xr, others = given.xr(spec_or_xr, found.kind, name=name, namespace=namespace)

    def pipeline(chart_name: str) -> Composition:
        if composition is not None:
            return given.pipeline(composition, xr)
        return given.one_step(found.kind, chart_name, props or {}, list(credentials or ()), version=named)

    return Scenario(
        chart=found,
        xr=xr,
        pipeline=pipeline,
        required=[*others, *given.manifests(required)],
        credentials=given.secrets(credentials or {}),
        schemas=schemas,
        context=context,
        observed=observed or {},
    )


def definition(chart: Callable[..., Any] | str) -> Manifest:
    """Return the XRD of a chart, made from its models as `function-cdk8s xrd` makes it.

    Args:
        chart: The chart's class, or the name of its entry point.

    Raises:
        TypeError: If the models hold what no XRD can have; names the field.
    """
    return xrd.of(charts.declared(chart))


class Scenario(SimulatedXr):
    """An XR in a simulated cluster, and what must hold of its chart.

    Make one with `scenario`, or with the fixture `chart`. Methods return the
    scenario, so that they can follow one another.
    """

    def refusal(self) -> str:
        """Return the line with which the XR is refused.

        Raises:
            AssertionError: If it is not.
        """
        try:
            self.step()
        except CompositionError as error:
            return error.reason
        msg = f"{self._subject} is composed: {', '.join(self.last.objects) or 'no objects'}; expected a refusal"
        raise AssertionError(msg)

    def composes_or_refuses(self) -> Self:
        """Expect one reconcile to compose the XR, or the chart to refuse it on purpose, in one line.

        Raises:
            AssertionError: If the chart's code fails, or Crossplane would refuse what it composes.
        """
        try:
            self.step()
        except CompositionError as error:
            refused = self._function.calls and self._function.calls[-1].reason
            if not refused or error.traceback or len(error.reason.splitlines()) != 1:
                raise
        return self

    def deterministic(self, *, seeds: Sequence[int] = repeats.SEEDS) -> Self:
        """Expect the same response, byte for byte, from other processes, in the state that was reached.

        Each has another hash seed, so that the order of a set shows; in the last
        one Node.js alone answers cdk8s.

        Args:
            seeds: The hash seeds.

        Raises:
            AssertionError: If a response differs; names the fields.
        """
        calls = self._repeated(self._function).calls
        found = repeats.differing(self.chart.charts, self._own, calls, seeds)
        if found:
            msg = f"{self._subject} is composed in another way elsewhere:{lines.listed(found)}"
            raise AssertionError(msg)
        return self

    def valid(
        self,
        *,
        crds: Sequence[Mapping[str, Any] | str | os.PathLike[str]] = (),
        unchecked: Collection[str] = (),
        kubernetes: str = "",
    ) -> Self:
        """Expect each object to fit the schema of its kind: fields that exist, of the right types, none missing.

        The XR's status has to fit the XRD in the same way.

        Args:
            crds: CustomResourceDefinitions, and CompositeResourceDefinitions, of
                kinds that are not Kubernetes' own: manifests, or paths of YAML files.
            unchecked: Kinds that need no schema.
            kubernetes: A minor version, such as v1.36; the newest that is installed by default.

        Raises:
            AssertionError: If an object or the status does not fit, or a kind has no schema; names the fields.
            LookupError: If no schemas of that version are installed.
        """
        definitions = given.manifests(crds)
        found = validity.lines(
            self.objects,
            self.last.xr,
            definition=self._definition,
            kubernetes=kubernetes,
            definitions=definitions,
            unchecked=unchecked,
        )
        if found:
            msg = f"{self._subject} composes what a cluster would refuse or drop:{lines.listed(found)}"
            raise AssertionError(msg)
        return self

    def survives_restart(self) -> Self:
        """Expect a new process to compose the same in the state that was reached: nothing is kept in memory.

        Raises:
            AssertionError: If it does not; names the fields.
        """
        before = self.last
        with chart_processes.elsewhere() as process:
            after = self._repeated(Function(self.chart.charts, process))
        if found := reconciles.changes(before, after):
            msg = f"{self._subject} is composed in another way after a restart:{lines.listed(found)}"
            raise AssertionError(msg)
        return self

    def upgrade(self, *, from_wheel: str | os.PathLike[str], may_delete: Collection[str] = ()) -> Self:
        """Step the XR to stability on an old version of the chart, then on this one, which must take over.

        No object may be deleted, or made again under another key or name, and no
        immutable field may change.

        Args:
            from_wheel: The old version's wheel, or a folder that one is unpacked
                or installed in. It runs in a process of its own, with the
                dependencies that are installed here.
            may_delete: Composition-resource-names of objects that this version means to delete.

        Raises:
            AssertionError: If something would be lost or refused; shows the change.
            CompositionError: If the old version refuses the XR.
            UnstableError: If something changes with each reconcile of a version.
            ValueError: If the wheel is not of the chart, or the XR has reconciles already.
        """
        done = self.upgraded(from_wheel=from_wheel, may_delete=may_delete)
        if done.losses:
            ours = self.chart.ref.version
            told = ["; ".join(filter(None, (each.line, each.remedy))) for each in done.losses]
            msg = (
                f"{self._subject}: version {ours} does not take over what version {done.from_version} composed:"
                f"{lines.listed(told)}\n{upgrades.difference(done.first.objects, done.last.objects)}"
            )
            raise AssertionError(msg)
        return self

    def upgraded(self, *, from_wheel: str | os.PathLike[str], may_delete: Collection[str] = ()) -> "Upgraded":
        """Do what `upgrade` does, and return what came of it instead of expecting something.

        Args:
            from_wheel: As for `upgrade`.
            may_delete: As for `upgrade`.

        Raises:
            CompositionError: If the old version refuses the XR.
            UnstableError: If something changes with each reconcile of a version.
            ValueError: If the wheel is not of the chart, or the XR has reconciles already.
        """
        if self._history:
            msg = "upgrade() begins with an XR that has no reconcile yet"
            raise ValueError(msg)
        wheel, new = pathlib.Path(from_wheel), (self._function, self._composition)
        with upgrades.unpacked(wheel) as folder, chart_processes.elsewhere(folder=folder) as process:
            known, old = upgrades.chart_of(folder, self.chart.ref)
            self._function = Function(known, process)
            self._composition = upgrades.as_of(self._pipeline(known.name_of(old)), old)
            try:
                self.until_stable()
            except (CompositionError, UnstableError) as error:
                error.add_note(f"That was {old.dist} {old.version}.")
                raise
        self._function, self._composition = new
        first = before = self._history[-1]
        found: list[Loss] = []
        try:
            for after in self._steps(STEPS):
                found += upgrades.losses(before, after, may_delete)
                before = after
        except CompositionError as error:
            found.append(Loss("refused", str(error)))
        return Upgraded(from_version=old.version, first=first, last=self.last, losses=found)
