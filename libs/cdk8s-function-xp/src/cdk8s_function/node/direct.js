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

// Whatever constructs print must not enter the channel: it goes to standard error,
// in the lines that jsii's Python side prints again.
const relay = (name) => (chunk, encoding, done) => {
  const line = JSON.stringify({ [name]: Buffer.from(chunk, typeof encoding === 'string' ? encoding : undefined).toString('base64') });
  writeSync(2, `${line}\n`);
  const callback = typeof encoding === 'function' ? encoding : done;
  if (callback) callback();
  return true;
};
process.stdout.write = relay('stdout');
process.stderr.write = relay('stderr');

v8.setFlagsFromString(`--max-old-space-size=${process.env.CDK8S_FUNCTION_NODE_HEAP_MIB}`);

require(process.env.CDK8S_FUNCTION_JSII_KERNEL);
