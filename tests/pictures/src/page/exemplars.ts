// Exemplars: which of them are shown, and the diamonds they are shown as.
import type uPlot from 'uplot';
import type { ExemplarSeries } from './prometheus';

export interface Exemplar {
  /** Milliseconds since 1970. */
  time: number;
  value: number;
}

const HALF_DIAGONAL = 3;
const STEPS = 100;

function deviation(values: number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** As Grafana's data source does it: in each step of time those that are two standard deviations apart, the highest first. */
export function shownExemplars(series: ExemplarSeries[], from: number, to: number): Exemplar[] {
  const all = series.flatMap(({ exemplars }) => exemplars.map(({ timestamp, value }) => ({ time: timestamp * 1000, value: Number(value) })));
  const apart = 2 * deviation(all.map(({ value }) => value));
  const kept = new Map<number, Exemplar[]>();
  for (const exemplar of all.sort((a, b) => b.value - a.value)) {
    const step = Math.floor(((exemplar.time - from) / (to - from)) * STEPS);
    const before = kept.get(step) ?? [];
    const last = before.at(-1);
    if (last === undefined || last.value - exemplar.value >= apart) {
      kept.set(step, [...before, exemplar]);
    }
  }
  return [...kept.values()].flat();
}

/** `place` tells where a value stands on the scale; what lies outside the plot stands at its edge or is left out. */
export function drawExemplars(plot: uPlot, exemplars: Exemplar[], scale: string, place: (value: number) => number, color: string): void {
  const { ctx, bbox } = plot;
  const size = HALF_DIAGONAL * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = color;
  for (const { time, value } of exemplars) {
    const x = plot.valToPos(time, 'x', true);
    const y = Math.max(plot.valToPos(place(value), scale, true), bbox.top + size);
    if (x < bbox.left || x > bbox.left + bbox.width) {
      continue;
    }
    ctx.beginPath();
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
    ctx.closePath();
    ctx.fill();
  }
  ctx.restore();
}
