// Annotations from Prometheus: a mark for every stretch of time in which a series of the query is there and not 0.
import type { Dashboard } from '../dashboard';
import { queryRange } from './prometheus';
import { fill, type Values } from './template';

export interface AnnotationMark {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  color: string;
}

const STEP_SECONDS = 60;

export async function annotations(dashboard: Dashboard, from: number, to: number, values: Values): Promise<AnnotationMark[]> {
  const enabled = (dashboard.annotations?.list ?? []).filter(({ enable, expr }) => enable && expr);
  const marks = enabled.map(async ({ expr = '', iconColor = 'red' }) => {
    const series = await queryRange(fill(expr, values), from / 1000, to / 1000, STEP_SECONDS);
    return series.flatMap(({ values: samples }) =>
      stretches(samples.filter(([, value]) => Number(value) !== 0).map(([seconds]) => seconds)).map(([first, last]) => ({
        from: first * 1000,
        to: last * 1000,
        color: iconColor,
      }))
    );
  });
  return (await Promise.all(marks)).flat();
}

function stretches(seconds: number[]): Array<[number, number]> {
  const found: Array<[number, number]> = [];
  for (const at of seconds) {
    const last = found.at(-1);
    if (last !== undefined && at - last[1] <= STEP_SECONDS) {
      last[1] = at;
    } else {
      found.push([at, at]);
    }
  }
  return found;
}
