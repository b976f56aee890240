"""An XR in a simulated cluster: step it through reconciles, as Crossplane does, until nothing changes."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

from cdk8s_function import objects
from cdk8s_function.reconcile import composed, reconcile, rendered_xr
from cdk8s_function.reconcile.composition import Composition
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.reconcile.inputs import Inputs
from cdk8s_function.testing import charts, given, lines, reconciles
from cdk8s_function.testing.assertions import Assertions
from cdk8s_function.testing.chart_processes import Anywhere
from cdk8s_function.testing.chart_runs import Function, Here
from cdk8s_function.testing.cluster import Cluster
from cdk8s_function.testing.errors import CompositionError, UnstableError
from cdk8s_function.testing.reconciles import Manifest, Reconcile

STEPS = 20
"""How many reconciles an XR may take until nothing changes."""

_QUIET = 2
"""How many reconciles in a row must change nothing: a chart with random values may repeat one by chance."""


class SimulatedXr(Assertions):
    """An XR in a simulated cluster, and what its chart makes of it there.

    Methods return the scenario, so that they can follow one another.
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
        self._definition = chart.kind.definition
        self._asked = dict(xr)
        self._rest: Mapping[str, Any] = {
            "required": required,
            "credentials": credentials,
            "schemas": schemas,
            "context": context,
        }
        self._observed = dict(observed)
        self._written: Manifest = {}
        self._own = Anywhere(Here({chart.ref: chart.factory} if chart.factory else {}))
        self._function = Function(chart.charts, self._own)
        self._cluster = Cluster()
        self._history: list[Reconcile] = []

    def step(self) -> Self:
        """Reconcile once.

        Raises:
            CompositionError: If the function refuses the XR, or Crossplane would refuse what it composes.
        """
        self._place_observed()
        self._cluster.advance()
        self._reconcile()
        return self

    def until_stable(self, *, steps: int = STEPS) -> Self:
        """Reconcile until nothing changes: neither what is composed nor the XR's status nor an object's.

        Args:
            steps: How many reconciles it may take at most.

        Raises:
            CompositionError: If a reconcile fails.
            UnstableError: If something still changes after that; names it.
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

    @property
    def _subject(self) -> str:
        return f'{self._asked["kind"]} "{objects.full_name(self._asked)}"'

    def _inputs(self) -> Inputs:
        """Return the inputs of the next reconcile."""
        xr = given.defaulted(objects.merged(self._asked, self._written), self._definition)
        observed = list(self._cluster.observed().values())
        return Inputs(xr=xr, composition=self._composition, observed=observed, xrd=self._definition, **self._rest)

    def _steps(self, limit: int) -> Iterator[Reconcile]:
        self._place_observed()
        quiet = 0
        for _ in range(limit):
            changed = self._cluster.advance()
            before = self._history[-1] if self._history else None
            after = self._reconcile()
            yield after
            quiet = quiet + 1 if before and not changed and not reconciles.changes(before, after) else 0
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
        inputs, observed = self._inputs(), self._cluster.observed()
        try:
            rendered = reconcile.render(inputs, self._function.run)
        except RenderError as error:
            raise self._failed(error) from None
        applied = {composed.key_of(each): reconciles.whole(each) for each in rendered.composed}
        made = reconciles.outcome(rendered, applied, list(self._function.calls), observed)
        self._history.append(made)
        # Labels and the UID are written by Crossplane too, before the function is called.
        self._written = reconciles.whole(objects.merged(rendered.xr, reconciles.written(inputs)))
        self._cluster.apply(applied)
        return made

    def _place_observed(self) -> None:
        """Put the objects that exist before the first reconcile into the cluster."""
        if not self._observed:
            return
        observed, self._observed = self._observed, {}
        nameless = [key for key, each in observed.items() if not objects.name(each) or "kind" not in each]
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
        self._cluster.place({key: self._placed(key, each, named.get(key)) for key, each in observed.items()})

    def _placed(self, key: str, manifest: Mapping[str, Any], composed_as: Manifest | None) -> Manifest:
        xr = self._inputs().xr
        rendered_xr.set_uid(xr)
        rendered_xr.set_name_label(xr)
        bare = {field: (composed_as or {}).get(field) for field in ("apiVersion", "kind")}
        metadata = {"name": objects.name(composed_as or {}), **objects.metadata(manifest)}
        made = {**{field: value for field, value in bare.items() if value}, **manifest, "metadata": metadata}
        return reconciles.whole(composed.complete(made, key=key, xr=xr, observed=None))

    def _failed(self, error: RenderError) -> CompositionError:
        last = self._function.calls[-1] if self._function.calls else None
        if "requirements didn't stabilize" in str(error):
            return CompositionError(f"{error}{lines.listed(reconciles.changed_requirements(self._function.calls))}")
        return CompositionError(str(error), last.reason, last.traceback) if last else CompositionError(str(error))

    def _unstable(self, steps: int) -> UnstableError:
        if len(self._history) > 1 and (found := reconciles.changes(self._history[-2], self._history[-1])):
            return UnstableError(
                f"{self._subject} still changes after {steps} reconciles; between the last two:{lines.listed(found)}"
            )
        return UnstableError(
            f"{self._subject}: {steps} reconciles were too few to tell whether something still changes; give it more"
        )
