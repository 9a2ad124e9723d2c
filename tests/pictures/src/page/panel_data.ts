// From a panel's JSON to what its picture shows: queries, transformations, field configuration.
import { type DataFrame, type GrafanaTheme2, type TimeRange, transformDataFrame } from '@grafana/data';
import { firstValueFrom } from 'rxjs';
import type { PanelReport } from '../request';
import { fieldConfigOf } from './defaults';
import { applied, interpolator } from './field_config';
import { isEmpty } from './frames';
import type { Placed } from './layout';
import type { ExemplarSeries } from './prometheus';
import { type QueryContext, run } from './query';

export interface Loaded extends Placed {
  frames: DataFrame[];
  exemplars: ExemplarSeries[];
  timeRange: TimeRange;
  report: PanelReport | undefined;
}

const ASKS_NOTHING = new Set(['row', 'text']);

export async function load(placed: Placed, context: QueryContext, timeRange: TimeRange, theme: GrafanaTheme2): Promise<Loaded> {
  const { panel } = placed;
  const nothing = { ...placed, frames: [], exemplars: [], timeRange };
  if (ASKS_NOTHING.has(panel.type)) {
    return { ...nothing, report: undefined };
  }
  const report = { id: panel.id, title: panel.title ?? '', type: panel.type };
  const answer = await run(panel, context);
  try {
    const interpolate = interpolator(context.values);
    const transformed = await firstValueFrom(transformDataFrame(panel.transformations ?? [], answer.frames, { interpolate }));
    const frames = applied(transformed, fieldConfigOf(panel), context.values, theme);
    const state = answer.errors.length > 0 ? 'error' : isEmpty(frames) ? 'empty' : 'data';
    return { ...nothing, frames, exemplars: answer.exemplars, report: { ...report, state, errors: answer.errors } };
  } catch (error) {
    return { ...nothing, report: { ...report, state: 'error', errors: [...answer.errors, String(error)] } };
  }
}
