// The step of a range query and Grafana's interval variables.
import { rangeUtil } from '@grafana/data';
import type { Panel, Target } from '../dashboard';
import type { Values } from './template';

const MOST_POINTS = 11_000;

export interface Steps {
  from: number;
  to: number;
  /** Milliseconds. */
  step: number;
  variables: Values;
}

function milliseconds(text: string): number {
  return rangeUtil.intervalToMs(text.replace(/^[>\s]+/, ''));
}

function duration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** As Grafana's Prometheus data source: one point a pixel at most, never finer than the scrape interval, aligned to the step. */
export function steps(panel: Panel, target: Target, from: number, to: number, width: number, scrapeInterval: string): Steps {
  const least = milliseconds(target.interval || panel.interval || scrapeInterval);
  const points = panel.maxDataPoints ?? Math.max(1, Math.floor(width));
  const rounded = rangeUtil.roundInterval((to - from) / points);
  const step = Math.max(least, rounded, Math.ceil((to - from) / MOST_POINTS));
  const scrape = milliseconds(target.interval || scrapeInterval);
  const range = to - from;
  return {
    from: Math.floor(from / step) * step,
    to: Math.floor(to / step) * step,
    step,
    variables: {
      __interval: duration(step),
      __interval_ms: String(step),
      __rate_interval: duration(Math.max(step + scrape, 4 * scrape)),
      __range: duration(Math.round(range / 1000) * 1000),
      __range_s: String(Math.round(range / 1000)),
      __range_ms: String(range),
      __from: String(from),
      __to: String(to),
    },
  };
}
