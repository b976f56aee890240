'use strict';

// jsii's own launcher is a Node.js process that starts a second one and relays
// every message between it and Python. This one runs jsii's kernel in the first
// process: a relay hop and a process of about 55 MiB less. The kernel talks on
// file descriptor 3, here standard input and output stand in for it.

const fs = require('fs');
const v8 = require('v8');

const CHANNEL = 3;
const { readSync, writeSync } = fs;
fs.readSync = (fd, ...rest) => readSync(fd === CHANNEL ? 0 : fd, ...rest);
fs.writeSync = (fd, ...rest) => writeSync(fd === CHANNEL ? 1 : fd, ...rest);

// Whatever constructs print must not enter the channel. It goes straight to the
// standard error of the Python process, so that it is there before the reply to
// the call that printed it. Where /proc does not lead there, or to a file that
// Python would write over, it takes the way of jsii's own launcher: lines that a
// thread of the Python process prints again.
const open = () => {
  const fd = fs.openSync(`/proc/${process.ppid}/fd/2`, fs.constants.O_WRONLY | fs.constants.O_NOCTTY);
  if (!fs.fstatSync(fd).isFile()) return fd;
  fs.closeSync(fd);
  return undefined;
};
let errors;
try {
  errors = open();
} catch {
  errors = undefined;
}

const writeAll = (fd, bytes) => {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
};
const printer = (name) => (chunk, encoding, done) => {
  const bytes = Buffer.from(chunk, typeof encoding === 'string' ? encoding : undefined);
  if (errors === undefined) writeAll(2, Buffer.from(`${JSON.stringify({ [name]: bytes.toString('base64') })}\n`));
  else writeAll(errors, bytes);
  const callback = typeof encoding === 'function' ? encoding : done;
  if (callback) callback();
  return true;
};
process.stdout.write = printer('stdout');
process.stderr.write = printer('stderr');

// Node.js warns of the two together, and that would be a line of every render and worker.
if (process.env.NO_COLOR) delete process.env.FORCE_COLOR;

// References let go of what a synthesis made (references.py). Without this V8 collects
// it only once the heap has grown several times as large.
v8.setFlagsFromString('--heap-growing-percent=50');

// jsii marks each object that it returns by reference, with a property of it. A lookup of `__proto__`
// (Node.tryFindChild, tryGetContext) finds what all objects inherit from: with that marked, jsii
// would take every object for that one until the process ends.
Object.preventExtensions(Object.prototype);

require(process.env.CDK8S_FUNCTION_JSII_KERNEL);
