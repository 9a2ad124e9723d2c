// The command line.
import { parseArgs } from 'node:util';

export interface Arguments {
  prometheus: string;
  /** A dashboard's file, or a folder of them. */
  dashboards: string;
  /** A PNG, or a folder for one of each dashboard. */
  out: string;
  one: boolean;
  from: number;
  to: number;
  rangeText: string;
  width: number;
  scale: number;
  scrapeInterval: string;
  values: Record<string, string>;
  rows: 'as-saved' | 'expanded';
  failOn: FailOn;
  summary: string | undefined;
  chromium: string;
}

const FAIL_ON = ['nothing', 'error', 'empty'] as const;
export type FailOn = (typeof FAIL_ON)[number];

export const USAGE = `Renders Grafana dashboards to PNG files, from live data, with @grafana/ui's components in headless Chromium.

  render --prometheus URL --out FOLDER                        every dashboard of dashboards/
  render --prometheus URL --dashboard FILE --out PNG          one

  --dashboards FOLDER     where the dashboards are (dashboards/ of this repository)
  --range 1h              how far back, in m, h or d (1h)
  --end SECONDS           where the range ends, in seconds since 1970 (now)
  --width 1600            in CSS pixels (1600)
  --scale 1               pixels of the picture a CSS pixel (1)
  --scrape-interval 15s   as the data source in Grafana has it (15s)
  --set NAME=VALUE        a variable's value, where not everything; repeatable
  --expand-rows           opens collapsed rows
  --fail-on error         exit with 1 on: nothing, error (a query failed), empty (or found nothing) (error)
  --summary FILE          writes the summary there, not to standard output
  --chromium FILE         the browser (/usr/bin/chromium)
`;

const UNIT_SECONDS: Record<string, number> = { m: 60, h: 3600, d: 86_400 };

function seconds(range: string): number {
  const [, amount, unit = ''] = /^(\d+)([mhd])$/.exec(range) ?? [];
  const size = UNIT_SECONDS[unit];
  if (amount === undefined || size === undefined) {
    throw new Error(`--range ${range}: not a number of m, h or d`);
  }
  return Number(amount) * size;
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new Error(`--${name} ${text}: not a number above 0`);
  }
  return value;
}

function failOn(text: string): FailOn {
  const found = FAIL_ON.find((one) => one === text);
  if (found === undefined) {
    throw new Error(`--fail-on ${text}: not one of ${FAIL_ON.join(', ')}`);
  }
  return found;
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new Error(`--set ${text}: not NAME=VALUE`);
  }
  return [text.slice(0, at), text.slice(at + 1)];
}

export function readArguments(argv: string[], dashboards: string): Arguments | 'help' {
  const { values } = parseArgs({
    args: argv,
    options: {
      help: { type: 'boolean', short: 'h' },
      prometheus: { type: 'string' },
      dashboard: { type: 'string' },
      dashboards: { type: 'string', default: dashboards },
      out: { type: 'string' },
      range: { type: 'string', default: '1h' },
      end: { type: 'string' },
      width: { type: 'string', default: '1600' },
      scale: { type: 'string', default: '1' },
      'scrape-interval': { type: 'string', default: '15s' },
      set: { type: 'string', multiple: true, default: [] },
      'expand-rows': { type: 'boolean', default: false },
      'fail-on': { type: 'string', default: 'error' },
      summary: { type: 'string' },
      chromium: { type: 'string', default: '/usr/bin/chromium' },
    },
  });
  if (values.help) {
    return 'help';
  }
  const { prometheus, out } = values;
  if (prometheus === undefined || out === undefined) {
    throw new Error('--prometheus and --out are needed; see --help');
  }
  const to = values.end === undefined ? Date.now() : number('end', values.end) * 1000;
  return {
    prometheus: prometheus.replace(/\/$/, ''),
    dashboards: values.dashboard ?? values.dashboards,
    one: values.dashboard !== undefined,
    out,
    from: to - seconds(values.range) * 1000,
    to,
    rangeText: values.range,
    width: number('width', values.width),
    scale: number('scale', values.scale),
    scrapeInterval: values['scrape-interval'],
    values: Object.fromEntries(values.set.map(pair)),
    rows: values['expand-rows'] ? 'expanded' : 'as-saved',
    failOn: failOn(values['fail-on']),
    summary: values.summary,
    chromium: values.chromium,
  };
}
