// `nx g chart NAME` is bin/new-chart NAME: one template, one place that checks names.
'use strict';

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

module.exports = async function chart(tree, { name, ...options }) {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const command = [join(tree.root, 'bin/new-chart'), ...given.flatMap(([option, value]) => [`--${option}`, value]), name];
  console.log(command.map((part) => part.replace(`${tree.root}/`, '')).join(' '));
  // Nx calls this unless it is a dry run.
  return () => {
    const { status, error } = spawnSync(command[0], command.slice(1), { cwd: tree.root, stdio: 'inherit' });
    if (error) throw error;
    if (status) process.exit(status);
  };
};
