// How `nx release` reads and writes versions here: the version of a project is that of its pyproject.toml, and whatever
// in the workspace names that version moves with it, or uv, Crossplane and readers would get what no longer is there.
'use strict';

const { execFileSync } = require('node:child_process');
const { join } = require('node:path');
const { VersionActions } = require('nx/release');

const MANIFEST = 'pyproject.toml';
const TEMPLATED = '.jinja';
const PAGE = '.md';
const REGISTRY = require('../../package.json').config.registry;

// Not what is, but what was: released notes, measured figures.
const HISTORY = /(^|\/)CHANGELOG\.md$|^docs\/reference\/performance\.md$/;

class PythonVersionActions extends VersionActions {
  validManifestFilenames = [MANIFEST];
  excludeManifestsFromFormatting = true;

  async readCurrentVersionFromSourceManifest(tree) {
    const manifestPath = join(this.projectGraphNode.data.root, MANIFEST);
    return { manifestPath, currentVersion: readVersion(tree, manifestPath) };
  }

  async readCurrentVersionFromRegistry() {
    throw new Error('a released version is what a git tag says: "release.version.currentVersionResolver" is "git-tag"');
  }

  // The package that a dependency is pinned in holds it, so both have the version of their projects.
  async readCurrentVersionOfDependency(tree, graph, dependency) {
    const manifestPath = join(graph.nodes[dependency].data.root, MANIFEST);
    return { currentVersion: readVersion(tree, manifestPath), dependencyCollection: 'dependencies' };
  }

  // Nx leaves out what project.json states, and here that is every dependency.
  async readDependencies(tree, graph) {
    return (graph.dependencies[this.projectGraphNode.name] ?? []).map((each) => ({ ...each, type: 'static' }));
  }

  async updateProjectVersion(tree, version) {
    const { name, data } = this.projectGraphNode;
    const manifestPath = join(data.root, MANIFEST);
    const before = readVersion(tree, manifestPath);
    const charts = readCharts(tree, manifestPath);
    write(tree, manifestPath, (text) => text.replace(/^version = ".*"$/m, `version = "${version}"`));

    const packages = this.finalConfigForProject.versionActionsOptions.packages ?? [];
    const files = trackedFiles(tree.root).filter((file) => !HISTORY.test(file) && tree.isFile(file));
    const changed = files.filter((file) => write(tree, file, (text) => restate(text, file, name, packages, charts, before, version)));
    return [manifestPath, ...changed].map((file) => `✍️  Version ${version} written to ${file}`);
  }

  // Who depends on a project was rewritten with it.
  async updateProjectDependencies() {
    return [];
  }
}

/** Return the text with every mention of a project's version, and of the packages and charts made of it, at the new one. */
function restate(text, file, project, packages, charts, before, after) {
  const from = escape(before);
  let result = text;
  const requirement = `(?<![\\w-])(${escape(project)}(?:\\[[\\w,-]+\\])?)`;
  if (file.endsWith(MANIFEST)) {
    result = result.replace(new RegExp(`${requirement}==${from}"`, 'g'), `$1==${after}"`);
  }
  if ([MANIFEST, TEMPLATED, PAGE].some((end) => file.endsWith(end))) {
    // A range begins with the version that it was tested with, and ends before the next one that may break.
    result = result.replace(new RegExp(`${requirement}>=${from},<[\\d.]+`, 'g'), `$1>=${after},<${nextBreaking(after)}`);
  }
  // The template of charts' repositories: what it requires, and the tag that it is of.
  if (file.endsWith(TEMPLATED)) {
    result = result.replace(new RegExp(`("${escape(project)}(?:==|>=|@))${from}"`, 'g'), `$1${after}"`);
  }
  // Files of a distribution, as a page names them.
  const distribution = escape(project.replaceAll('-', '_'));
  result = result.replace(new RegExp(`(\\b${distribution}-)${from}(?=-py3-none-any\\.whl|\\.tar\\.gz)`, 'g'), `$1${after}`);
  // Where pre-commit takes its hooks from, Argo CD and Flux their manifests.
  result = result.replace(new RegExp(`((?:rev|tag|targetRevision): "?${escape(project)}@)${from}(?![\\w.+-])`, 'g'), `$1${after}`);
  for (const name of packages) {
    const place = escape(`${REGISTRY}/${name}`);
    result = result.replace(new RegExp(`(${place}:v)${from}(?![\\w.+-])`, 'g'), `$1${after}`);
    result = result.replace(new RegExp(`(package: ${place}\\n\\s+version: v)${from}$`, 'gm'), `$1${after}`);
  }
  // The input of a Composition's step. A CompositionRevision keeps it, so this is what moves XRs to the new version.
  for (const name of charts) {
    result = result.replace(new RegExp(`(chart: ${escape(name)}\\n\\s+version: ")${from}"`, 'g'), `$1${after}"`);
  }
  return result;
}

/** Return the names of the charts that a project offers. */
function readCharts(tree, manifestPath) {
  const group = /^\[project\.entry-points\."cdk8s_function\.charts"\]\n((?:.+\n)*)/m;
  const [, lines] = tree.read(manifestPath, 'utf-8').match(group) ?? ['', ''];
  return [...lines.matchAll(/^"?([^\s"=]+)"? *=/gm)].map(([, name]) => name);
}

function nextBreaking(version) {
  const [major, minor] = version.split('.').map(Number);
  return major ? `${major + 1}.0.0` : `0.${minor + 1}.0`;
}

function readVersion(tree, manifestPath) {
  const [, version] = tree.read(manifestPath, 'utf-8').match(/^version = "(.*)"$/m) ?? [];
  if (!version) throw new Error(`${manifestPath} has no line version = "…"`);
  return version;
}

function write(tree, file, change) {
  const before = tree.read(file, 'utf-8');
  const after = change(before);
  if (after !== before) tree.write(file, after);
  return after !== before;
}

function trackedFiles(root) {
  const output = execFileSync('git', ['grep', '--cached', '-I', '-l', '-z', '-e', ''], { cwd: root, encoding: 'utf-8' });
  return output.split('\0').filter(Boolean);
}

function escape(text) {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

module.exports = PythonVersionActions;

/** Lock again: uv.lock holds the versions of the workspace's members and what they require of each other. */
module.exports.afterAllProjectsVersioned = async (root, { dryRun }) => {
  if (!dryRun) execFileSync(join(root, 'bin/uv'), ['lock', '--quiet'], { cwd: root, stdio: 'inherit' });
  return { changedFiles: ['uv.lock'], deletedFiles: [] };
};
