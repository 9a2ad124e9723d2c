// Chromium without a window, and a page that reaches nothing but the bundle, Grafana's icons and the Prometheus.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join, normalize } from 'node:path';
import { chromium, type BrowserContext, type Page, type Route } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
];

/** Nobody resolves this name: each request is answered here. */
const ORIGIN = 'http://pictures.invalid';
const HTML = `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="/page/page.css">
<script>window.__grafana_public_path__ = '/public/';</script></head>
<body style="margin:0"><div id="root"></div><script type="module" src="/page/page.js"></script></body></html>`;

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

export interface Site {
  prometheus: string;
  /** The folder of this program, with dist/ and node_modules/. */
  root: string;
}

async function passOn(route: Route, prometheus: string, path: string): Promise<void> {
  const response = await fetch(`${prometheus}${path}`).catch((error: Error) => error);
  if (response instanceof Error) {
    const message = `${prometheus} does not answer: ${response.message}`;
    await route.fulfill({ status: 502, json: { status: 'error', error: message } });
    return;
  }
  await route.fulfill({ status: response.status, contentType: 'application/json', body: await response.text() });
}

/** Grafana's own style sheet asks its server for these. */
const FONTS: Record<string, string> = {
  'Inter-Regular.woff2': 'inter-latin-400-normal.woff2',
  'Inter-Medium.woff2': 'inter-latin-500-normal.woff2',
  'Inter-Italic.woff2': 'inter-latin-400-italic.woff2',
};

async function serveFile(route: Route, folder: string, path: string): Promise<void> {
  const file = join(folder, normalize(`/${path}`));
  const body = await readFile(file).catch(() => undefined);
  await route.fulfill(body === undefined ? { status: 404 } : { body, contentType: TYPES[extname(file)] ?? 'application/octet-stream' });
}

async function answer(route: Route, { prometheus, root }: Site): Promise<void> {
  const { origin, pathname, search } = new URL(route.request().url());
  if (origin !== ORIGIN) {
    await route.abort();
  } else if (pathname === '/') {
    await route.fulfill({ body: HTML, contentType: 'text/html' });
  } else if (pathname.startsWith('/prometheus/')) {
    await passOn(route, prometheus, pathname.slice('/prometheus'.length) + search);
  } else if (pathname.startsWith('/page/')) {
    await serveFile(route, join(root, 'dist/page'), pathname.slice('/page/'.length));
  } else if (pathname.startsWith('/public/fonts/inter/')) {
    await serveFile(route, join(root, 'node_modules/@fontsource/inter/files'), FONTS[basename(pathname)] ?? '');
  } else {
    await serveFile(route, join(root, 'node_modules/@grafana/ui/dist/public'), pathname.replace(/^\/public\/(build\/)?/, ''));
  }
}

export interface Size {
  width: number;
  scale: number;
}

const FIRST_HEIGHT = 1000;

/** Calls `work` with a page that has the renderer loaded, and leaves nothing behind. */
export async function withPage<T>(executable: string, { width, scale }: Size, site: Site, work: (open: () => Promise<Page>) => Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), 'pictures-'));
  let context: BrowserContext | undefined;
  try {
    context = await chromium.launchPersistentContext(profile, {
      executablePath: executable,
      args: FLAGS,
      viewport: { width, height: FIRST_HEIGHT },
      deviceScaleFactor: scale,
      timezoneId: 'UTC',
      locale: 'en-US',
      reducedMotion: 'reduce',
    });
    await context.route('**/*', (route) => answer(route, site));
    const started = context;
    return await work(() => openPage(started));
  } finally {
    await context?.close();
    await rm(profile, { recursive: true, force: true });
  }
}

async function openPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  page.on('console', (line) => {
    const { url } = line.location();
    // The report has what Prometheus refused.
    if (line.type() === 'error' && !url.startsWith(`${ORIGIN}/prometheus/`)) {
      console.error(`page: ${line.text()} (${url})`);
    }
  });
  await page.goto(`${ORIGIN}/`);
  await page.waitForFunction(() => 'drawDashboard' in window);
  return page;
}
