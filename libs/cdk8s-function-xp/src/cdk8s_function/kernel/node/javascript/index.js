'use strict';

// A jsii assembly. A call over jsii costs most of a millisecond, so what would
// take several calls an object takes one here, or one for all of them.

const { ApiObject, App, Chart, DependencyGraph } = require('cdk8s');
const { Construct } = require('constructs');

// What jsii's kernel notes on an object it has answered with.
const NAMES = [Symbol.for('$__jsii__objid__$'), Symbol.for('$__jsii__interfaces__$')];

class Synthesis {
  /** Returns a construct with this id in a new App. */
  static scope(id) {
    return new Construct(new App(), id);
  }

  /**
   * Synthesises a chart and the charts within it.
   *
   * Returns `{path, manifest}` for each ApiObject, dependencies first, beside the
   * token it was called with. `path` is the construct path below `root`. All of it
   * is one text, in which jsii looks for no objects of its own, on either side.
   */
  static objects(root, token) {
    const above = root.node.path.length + 1;
    const app = App.of(root);
    const found = new Map(
      app.charts.map((chart) => {
        const manifests = chart.toJson();
        // toJson has resolved the dependencies: this is the order it used.
        const owned = new DependencyGraph(chart.node)
          .topology()
          .filter((construct) => construct instanceof ApiObject && Chart.of(construct) === chart);
        return [chart, manifests.map((manifest, index) => ({ path: owned[index].node.path.slice(above), manifest }))];
      }),
    );
    // Charts too are in order only once the dependencies between their objects are resolved.
    const objects = (found.size > 1 ? app.charts : [...found.keys()]).flatMap((chart) => found.get(chart));
    return JSON.stringify({ token, objects });
  }

  /** Takes the references off objects: the kernel gives one that it answers with again another. */
  static unname(objects) {
    for (const object of objects) for (const name of NAMES) delete object[name];
  }

  /** Returns the token it was called with. */
  static echo(token) {
    return token;
  }
}

/** An ApiObject made of a whole manifest. */
class Manifest extends ApiObject {
  constructor(scope, id, manifest) {
    super(scope, id, manifest);
  }
}

exports.Manifest = Manifest;
exports.Synthesis = Synthesis;
