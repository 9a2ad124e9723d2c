// From a panel's JSON to what its picture shows: queries, transformations, field configuration.
import { type DataFrame, type GrafanaTheme2, type TimeRange, transformDataFrame } from '@grafana/data';
import { firstValueFrom } from 'rxjs';
import type { Panel } from '../dashboard';
import type { PanelReport } from '../request';
import { fieldConfigOf } from './defaults';
import { applied, interpolator } from './field_config';
import { isEmpty } from './frames';
import type { Placed } from './layout';
import { unsupported } from './panels/types';
import type { ExemplarSeries } from './prometheus';
import { run } from './query';
import type { Values } from './template';
import { panelTime } from './time_range';

export interface Loaded extends Placed {
  frames: DataFrame[];
  exemplars: ExemplarSeries[];
  timeRange: TimeRange;
  timeNote: string | undefined;
  report: PanelReport | undefined;
}

export interface DashboardContext {
  shown: TimeRange;
  scrapeInterval: string;
  values: Values;
  theme: GrafanaTheme2;
}

const ASKS_NOTHING = new Set(['row', 'text']);
/** What a panel's frame takes of its width. */
const PADDING = 2 * 8;

function shaped(panel: Panel, frames: DataFrame[], { values, theme }: DashboardContext): Promise<DataFrame[]> {
  const transformed = transformDataFrame(panel.transformations ?? [], frames, { interpolate: interpolator(values) });
  return firstValueFrom(transformed).then((result) => applied(result, fieldConfigOf(panel), values, theme));
}

export async function load(placed: Placed, context: DashboardContext): Promise<Loaded> {
  const { panel } = placed;
  const empty = { ...placed, frames: [], exemplars: [], timeRange: context.shown, timeNote: undefined };
  const about = { id: panel.id, title: panel.title ?? '', type: panel.type };
  const reason = unsupported(panel);
  if (reason !== undefined) {
    return { ...empty, report: { ...about, state: 'error', errors: [reason] } };
  }
  if (ASKS_NOTHING.has(panel.type)) {
    return { ...empty, report: undefined };
  }
  try {
    const { range, note } = panelTime(panel, context.shown);
    const { scrapeInterval, values } = context;
    const time = { from: range.from.valueOf(), to: range.to.valueOf() };
    const { errors, exemplars, frames: answered } = await run(panel, { ...time, width: placed.width - PADDING, scrapeInterval, values });
    const frames = await shaped(panel, answered, context);
    const state = errors.length > 0 ? 'error' : isEmpty(frames) ? 'empty' : 'data';
    return { ...placed, frames, exemplars, timeRange: range, timeNote: note, report: { ...about, state, errors } };
  } catch (error) {
    return { ...empty, report: { ...about, state: 'error', errors: [error instanceof Error ? error.message : String(error)] } };
  }
}
