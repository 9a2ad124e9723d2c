// Reads dashboards, has the page draw them, writes the pictures and the summary.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dashboard } from '../dashboard';
import type { PictureRequest } from '../request';
import { type Arguments, readArguments, USAGE } from './arguments';
import { withPage } from './chromium';
import { takePicture } from './picture';
import { isFailure, type Summary, summarise } from './summary';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DASHBOARDS = join(ROOT, '../../dashboards');

interface Job {
  dashboard: Dashboard;
  out: string;
}

interface Saved {
  file: string;
  dashboard: Dashboard;
}

async function readDashboard(file: string): Promise<Saved> {
  return { file, dashboard: JSON.parse(await readFile(file, 'utf8')) as Dashboard };
}

/** The JSON files of a folder that have panels. */
async function readFolder(folder: string): Promise<Saved[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const read = await Promise.all(names.map((name) => readDashboard(join(folder, name))));
  return read.filter(({ dashboard }) => Array.isArray(dashboard.panels));
}

async function jobs({ dashboards, one, out }: Arguments): Promise<{ jobs: Job[]; siblings: PictureRequest['siblings'] }> {
  const beside = await readFolder(one ? dirname(dashboards) : dashboards);
  const wanted = one ? [await readDashboard(dashboards)] : beside;
  if (wanted.length === 0) {
    throw new Error(`no dashboard in ${dashboards}`);
  }
  await mkdir(one ? dirname(out) : out, { recursive: true });
  return {
    jobs: wanted.map(({ file, dashboard }) => ({ dashboard, out: one ? out : join(out, `${basename(file, '.json')}.png`) })),
    siblings: beside.map(({ dashboard: { uid, title, tags = [] } }) => ({ uid, title, tags })),
  };
}

async function render(asked: Arguments): Promise<Summary> {
  const { jobs: wanted, siblings } = await jobs(asked);
  const { width, from, to, rangeText, scrapeInterval, values, rows } = asked;
  return withPage(asked.chromium, asked, { prometheus: asked.prometheus, root: ROOT }, async (open) => {
    const dashboards = [];
    for (const { dashboard, out } of wanted) {
      const page = await open();
      const request = { dashboard, siblings, width, from, to, rangeText, scrapeInterval, values, rows };
      dashboards.push(summarise(await takePicture(page, request, out), out));
      await page.close();
    }
    return { dashboards };
  });
}

async function main(): Promise<number> {
  const asked = readArguments(process.argv.slice(2), DASHBOARDS);
  if (asked === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const summary = await render(asked);
  const text = `${JSON.stringify(summary, undefined, 2)}\n`;
  if (asked.summary === undefined) {
    process.stdout.write(text);
  } else {
    await writeFile(asked.summary, text);
  }
  return isFailure(summary, asked.failOn) ? 1 : 0;
}

process.exitCode = await main().catch((error: Error) => {
  console.error(`render: ${error.message}`);
  return 2;
});
