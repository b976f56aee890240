"""Step an XR through reconciles, as Crossplane does, until nothing moves."""

import copy
import dataclasses
import os
import pathlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Self

from cdk8s_function import objects
from cdk8s_function.reconcile import composed, reconcile, rendered_xr
from cdk8s_function.reconcile.composition import Composition
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.reconcile.inputs import Inputs
from cdk8s_function.schema import xrd
from cdk8s_function.testing import chart_runs, charts, differences, given, reconciles, repeats, upgrades, validity
from cdk8s_function.testing.assertions import Assertions
from cdk8s_function.testing.chart_runs import Function, Here
from cdk8s_function.testing.cluster import Cluster
from cdk8s_function.testing.errors import CompositionError, UnstableError
from cdk8s_function.testing.given import Given
from cdk8s_function.testing.reconciles import Manifest, Reconcile
from cdk8s_function.testing.upgrades import Loss

STEPS = 20
"""How many reconciles an XR may take until nothing moves."""

_QUIET = 2
"""How many reconciles in a row must change nothing: a chart that draws lots may repeat itself once."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Upgraded:
    """An XR that a chart's new version has taken over from an old one.

    Attributes:
        from_version: The old version.
        first: The last reconcile on the old version.
        last: The last reconcile on the new one.
        losses: What would be lost, or refused by the API server or the function.
    """

    from_version: str
    first: Reconcile
    last: Reconcile
    losses: Sequence[Loss]


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

    Raises:
        ValueError: If there is no such chart, or no such XR.
    """
    found = charts.find(chart)
    xr, others = given.xr(spec_or_xr, found.composite_type, name=name, namespace=namespace)

    def pipeline(chart_name: str) -> Composition:
        if composition is not None:
            return given.pipeline(composition, xr)
        return given.one_step(found.composite_type, chart_name, props or {}, list(credentials or ()))

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
    return xrd.of(charts.find(chart).composite_type)


class Scenario(Assertions):
    """An XR in a simulated cluster, and what its chart makes of it there.

    Make one with `scenario`, or with the fixture `chart`. Methods return the
    scenario, so that they can follow one another.
    """

    def __init__(
        self,
        *,
        chart: charts.Chart,
        xr: Mapping[str, Any],
        pipeline: Callable[[str], Composition],
        required: Sequence[Mapping[str, Any]],
        credentials: Sequence[Mapping[str, Any]],
        schemas: Sequence[Mapping[str, Any]],
        context: Mapping[str, Any] | None,
        observed: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Take what `scenario` prepared."""
        self.chart = chart
        self._pipeline = pipeline
        self._composition = pipeline(chart.name)
        self._definition = given.definition(chart.composite_type)
        self._asked = dict(xr)
        self._rest: Mapping[str, Any] = {
            "required": required,
            "credentials": credentials,
            "schemas": schemas,
            "context": context,
        }
        self._there = dict(observed)
        self._written: Manifest = {}
        self._here = Here({chart.ref: chart.factory})
        self._function = Function(chart.charts, self._here)
        self._cluster = Cluster()
        self._history: list[Reconcile] = []

    # What moves it.

    def step(self) -> Self:
        """Reconcile once.

        Raises:
            CompositionError: If the function refuses the XR, or Crossplane would refuse what it composes.
        """
        self._put_there()
        self._cluster.advance()
        self._reconcile()
        return self

    def until_stable(self, *, steps: int = STEPS) -> Self:
        """Reconcile until nothing moves: neither what is composed nor the XR's status nor an object's.

        Args:
            steps: How many reconciles it may take at most.

        Raises:
            CompositionError: If a reconcile fails.
            UnstableError: If something still moves after that; names it.
        """
        for _ in self._steps(steps):
            pass
        return self

    def change(self, spec: Mapping[str, Any]) -> Self:
        """Change fields of the XR's spec, as its user does; null removes one.

        Args:
            spec: The fields; an object is merged with the one there.
        """
        merged = objects.merged(self._asked.get("spec") or {}, spec)
        self._asked = {**self._asked, "spec": reconciles.without_nulls(merged)}
        return self

    def observe(self, key: str, fields: Mapping[str, Any]) -> Self:
        """Let an object have these fields in the cluster, whatever its chart and its controllers write.

        Args:
            key: The object's composition-resource-name.
            fields: The fields, `status` among them; an object is merged with the one there.
        """
        self._cluster.set(key, fields)
        return self

    def unready(self, *keys: str) -> Self:
        """Keep objects as they are when they were just applied: no controller acts on them.

        Args:
            *keys: Their composition-resource-names.
        """
        for key in keys:
            self._cluster.hold(key)
        return self

    def settle(self, *keys: str) -> Self:
        """Let controllers act on objects again that `unready` held.

        Args:
            *keys: Their composition-resource-names.
        """
        for key in keys:
            self._cluster.release(key)
        return self

    # What it came to.

    @property
    def history(self) -> Sequence[Reconcile]:
        """The reconciles so far, in order."""
        return tuple(self._history)

    @property
    def last(self) -> Reconcile:
        """The last reconcile; the first one if there has been none."""
        if not self._history:
            self.step()
        return self._history[-1]

    @property
    def objects(self) -> Mapping[str, Manifest]:
        """What the chart composed last, by composition-resource-name."""
        return self.last.objects

    @property
    def xr(self) -> Manifest:
        """The XR as the cluster has it."""
        return objects.merged(self._asked, self._written)

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

    # What must hold of the chart's code.

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
        found = repeats.differing(self.chart.charts, self._here, calls, seeds)
        if found:
            msg = f"{self._subject} is composed in another way elsewhere:{differences.listed(found)}"
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
            msg = f"{self._subject} composes what a cluster would refuse or drop:{differences.listed(found)}"
            raise AssertionError(msg)
        return self

    def survives_restart(self) -> Self:
        """Expect a new process to compose the same in the state that was reached: nothing is kept in memory.

        Raises:
            AssertionError: If it does not; names the fields.
        """
        before = self.last
        with chart_runs.elsewhere() as process:
            after = self._repeated(Function(self.chart.charts, process))
        if found := reconciles.moves(before, after):
            msg = f"{self._subject} is composed in another way after a restart:{differences.listed(found)}"
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
            UnstableError: If something moves with each reconcile of a version.
            ValueError: If the wheel is none of the chart, or the XR has reconciles already.
        """
        done = self.upgraded(from_wheel=from_wheel, may_delete=may_delete)
        if done.losses:
            ours = self.chart.ref.version
            told = ["; ".join(filter(None, (each.line, each.remedy))) for each in done.losses]
            msg = (
                f"{self._subject}: version {ours} does not take over what version {done.from_version} composed:"
                f"{differences.listed(told)}\n{upgrades.difference(done.first.objects, done.last.objects)}"
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
            UnstableError: If something moves with each reconcile of a version.
            ValueError: If the wheel is none of the chart, or the XR has reconciles already.
        """
        if self._history:
            msg = "upgrade() begins with an XR that has no reconcile yet"
            raise ValueError(msg)
        wheel, new = pathlib.Path(from_wheel), (self._function, self._composition)
        with upgrades.unpacked(wheel) as folder, chart_runs.elsewhere(folder=folder) as process:
            known, old = upgrades.chart_of(folder, self.chart.ref)
            self._function, self._composition = Function(known, process), self._pipeline(known.name_of(old))
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

    # How it works.

    @property
    def _subject(self) -> str:
        return f'{self._asked["kind"]} "{objects.full_name(self._asked)}"'

    def _inputs(self) -> Inputs:
        """Return the inputs of the next reconcile."""
        xr = given.defaulted(objects.merged(self._asked, self._written), self._definition)
        observed = list(self._cluster.observed().values())
        return Inputs(xr=xr, composition=self._composition, observed=observed, xrd=self._definition, **self._rest)

    def _steps(self, limit: int) -> Iterator[Reconcile]:
        self._put_there()
        quiet = 0
        for _ in range(limit):
            moved = self._cluster.advance()
            before = self._history[-1] if self._history else None
            after = self._reconcile()
            yield after
            quiet = quiet + 1 if before and not moved and not reconciles.moves(before, after) else 0
            if quiet == _QUIET:
                return
        raise self._unstable(limit)

    def _repeated(self, function: Function) -> Reconcile:
        """Reconcile once more in the state that was reached, and leave that as it is."""
        kept = copy.deepcopy((self._cluster, self._written)), self._function
        self._function = function
        try:
            self._reconcile()
            return self._history.pop()
        finally:
            (self._cluster, self._written), self._function = kept

    def _reconcile(self) -> Reconcile:
        self._function.calls.clear()
        inputs, there = self._inputs(), self._cluster.observed()
        try:
            rendered = reconcile.render(inputs, self._function.run)
        except RenderError as error:
            raise self._failed(error) from None
        applied = {composed.key_of(each): reconciles.whole(each) for each in rendered.composed}
        made = reconciles.outcome(rendered, applied, list(self._function.calls), there)
        self._history.append(made)
        # Labels and the UID are written by Crossplane too, before the function is called.
        self._written = reconciles.whole(objects.merged(rendered.xr, reconciles.written(inputs)))
        self._cluster.apply(applied)
        return made

    def _put_there(self) -> None:
        """Put the objects that exist before the first reconcile into the cluster."""
        if not self._there:
            return
        there, self._there = self._there, {}
        nameless = [key for key, each in there.items() if not objects.name(each) or "kind" not in each]
        named: Mapping[str, Manifest] = {}
        if nameless:
            # What a reconcile with no objects would apply: only the names are taken.
            try:
                rendered = reconcile.render(self._inputs(), self._function.run)
            except RenderError as error:
                raise self._failed(error) from None
            named = {composed.key_of(each): reconciles.whole(each) for each in rendered.composed}
        for key in nameless:
            if key not in named:
                msg = f'observed["{key}"] has no kind or name, and the chart composes {", ".join(named) or "nothing"}'
                raise ValueError(msg)
        self._cluster.place({key: self._placed(key, each, named.get(key)) for key, each in there.items()})

    def _placed(self, key: str, manifest: Mapping[str, Any], composed_as: Manifest | None) -> Manifest:
        xr = self._inputs().xr
        rendered_xr.identified(xr)
        rendered_xr.labelled(xr)
        bare = {field: (composed_as or {}).get(field) for field in ("apiVersion", "kind")}
        metadata = {"name": objects.name(composed_as or {}), **objects.metadata(manifest)}
        made = {**{field: value for field, value in bare.items() if value}, **manifest, "metadata": metadata}
        return reconciles.whole(composed.complete(made, key=key, xr=xr, there=None))

    def _failed(self, error: RenderError) -> CompositionError:
        last = self._function.calls[-1] if self._function.calls else None
        if "requirements didn't stabilize" in str(error):
            return CompositionError(
                f"{error}{differences.listed(reconciles.moving_requirements(self._function.calls))}"
            )
        return CompositionError(str(error), last.reason, last.traceback) if last else CompositionError(str(error))

    def _unstable(self, steps: int) -> UnstableError:
        if len(self._history) > 1 and (found := reconciles.moves(self._history[-2], self._history[-1])):
            return UnstableError(
                f"{self._subject} still moves after {steps} reconciles; between the last two:"
                f"{differences.listed(found)}"
            )
        return UnstableError(
            f"{self._subject}: {steps} reconciles were too few to tell whether something still moves; give it more"
        )
