// A Prometheus that scrapes nothing: numbers come from expressions such as vector(1).
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const DEADLINE_MS = 30_000;

/** Resolves with the address as soon as the log tells it. */
function listening(child) {
  return new Promise((resolve, reject) => {
    const log = [];
    const fail = (why) => reject(new Error(`Prometheus ${why}:\n${log.join('\n')}`));
    const deadline = setTimeout(() => fail('does not listen'), DEADLINE_MS);
    const ended = () => fail('ended');
    child.once('exit', ended);
    child.once('error', reject);
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
      if (address !== undefined) {
        clearTimeout(deadline);
        child.off('exit', ended);
        resolve(`http://${address}`);
      }
    });
  });
}

export async function startPrometheus() {
  const folder = await mkdtemp(join(tmpdir(), 'pictures-prometheus-'));
  await writeFile(join(folder, 'prometheus.yml'), 'scrape_configs: []\n');
  const child = spawn(
    'prometheus',
    [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, '--web.listen-address=127.0.0.1:0'],
    { stdio: ['ignore', 'ignore', 'pipe'] }
  );
  const url = await listening(child);
  return {
    url,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
