// What the renderer says of dashboards, with a real Prometheus and a real Chromium.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dashboard } from './dashboard.mjs';
import { startPrometheus } from './prometheus.mjs';

const RENDER = fileURLToPath(new URL('../render', import.meta.url));
let folder;
let prometheus;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pictures-test-'));
  await writeFile(join(folder, 'test.json'), JSON.stringify(dashboard));
  prometheus = await startPrometheus();
});

after(async () => {
  await prometheus?.stop();
  await rm(folder, { recursive: true, force: true });
});

function render(...more) {
  const given = ['--dashboard', join(folder, 'test.json'), '--out', join(folder, 'test.png'), '--range', '10m', '--width', '800', ...more];
  const child = spawn(RENDER, given, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, found: out === '' ? undefined : JSON.parse(out).dashboards[0] }));
  });
}

const ids = (panels) => panels.map(({ id }) => id);

test('panels that fail and panels without data are listed, and the picture is as wide as asked', async () => {
  const { code, found } = await render('--prometheus', prometheus.url);
  assert.equal(code, 1);
  assert.deepEqual(ids(found.failed), [20, 21, 22, 23, 24]);
  assert.deepEqual(ids(found.empty), [30, 31]);
  const reasons = found.failed.map(({ errors }) => errors.join());
  assert.match(reasons[0], /^A: .*parse error/);
  assert.equal(reasons[1], 'B: no such variable: $nobody_defines_this');
  assert.equal(reasons[2], 'this renderer draws no panels of type piechart');
  assert.match(reasons[3], /no-such-transformation/);
  assert.equal(reasons[4], 'no such time: never');
  const png = await readFile(join(folder, 'test.png'));
  assert.equal(png.readUInt32BE(16), 800);
});

test('panels of a collapsed row are asked when rows are opened', async () => {
  const { found } = await render('--prometheus', prometheus.url, '--expand-rows');
  assert.deepEqual(ids(found.failed), [20, 21, 22, 23, 24, 41]);
});

test('failures do not count when nobody asks for it', async () => {
  const { code } = await render('--prometheus', prometheus.url, '--fail-on', 'nothing');
  assert.equal(code, 0);
});

test('a Prometheus that does not answer fails every panel that asks', async () => {
  const { code, found } = await render('--prometheus', 'http://127.0.0.1:1');
  assert.equal(code, 1);
  assert.match(found.failed[0].errors[0], /does not answer/);
  assert.equal(found.empty.length, 0);
});
