'use strict';

// What a construct library written in TypeScript can do to the worker it runs in.

const childProcess = require('child_process');
const { ApiObject } = require('cdk8s');

const scripts = {
  print() {
    console.log('from console.log');
    console.error('from console.error');
    process.stdout.write('from process.stdout\n');
  },
  pause() {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  },
  loop() {
    for (;;);
  },
  wait() {
    childProcess.execFileSync('sleep', ['1000']);
  },
  spawn() {
    childProcess.spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  },
  exit() {
    process.exit(7);
  },
  exhaust() {
    const kept = [];
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  },
  fail() {
    throw new TypeError('a construct failed\n    on two lines');
  },
};

class Script {
  static run(name) {
    scripts[name]();
  }
}

/** A custom resource's construct, shaped as `cdk8s import` makes them. */
class Widget extends ApiObject {
  constructor(scope, id, props) {
    super(scope, id, { apiVersion: 'example.org/v1', kind: 'Widget', ...props });
  }

  /** What a title is made of a text; a subclass may make it in another way. */
  entitle(text) {
    return text;
  }

  get title() {
    return this.made;
  }

  set title(text) {
    this.made = this.entitle(text);
  }

  /** Prints in the last call of a synthesis, if its spec asks for it. */
  toJson() {
    const manifest = super.toJson();
    if (manifest.spec.loud) console.log('from toJson');
    return manifest;
  }
}

exports.Script = Script;
exports.Widget = Widget;
