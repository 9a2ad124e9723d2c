// Turns what Prometheus answers into data frames, shaped and named as Grafana's Prometheus data source shapes and names them.
import { type DataFrame, type Field, FieldType, toDataFrame } from '@grafana/data';
import type { Target } from '../dashboard';
import type { InstantSeries, Labels, RangeSeries, Sample } from './prometheus';

type Series = RangeSeries | InstantSeries;

function samples(series: Series): Sample[] {
  return 'values' in series ? series.values : [series.value];
}

function number(text: string): number {
  switch (text) {
    case '+Inf':
      return Infinity;
    case '-Inf':
      return -Infinity;
    default:
      return Number(text);
  }
}

function selector(metric: Labels): string {
  const { __name__: name, ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 && name !== undefined ? name : `${name ?? ''}{${pairs.join(', ')}}`;
}

/** The name of a series by its target's legend format. `undefined` leaves it to Grafana. */
function seriesName(target: Target, metric: Labels, expr: string): string | undefined {
  const format = target.legendFormat ?? '';
  if (format === '__auto') {
    return Object.keys(metric).length > 0 ? undefined : expr;
  }
  if (format !== '') {
    return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => metric[label] ?? '');
  }
  const name = selector(metric);
  return name === '{}' ? expr : name;
}

/** One frame a series. `step` in milliseconds tells a gap from a line. */
export function timeSeriesFrames(target: Target, answer: Series[], expr: string, step: number | undefined): DataFrame[] {
  return answer.map((series) => {
    const name = seriesName(target, series.metric, expr);
    const points = samples(series);
    return toDataFrame({
      refId: target.refId,
      name,
      meta: { executedQueryString: expr },
      fields: [
        { name: 'Time', type: FieldType.time, values: points.map(([seconds]) => seconds * 1000), config: { interval: step } },
        {
          name: 'Value',
          type: FieldType.number,
          values: points.map(([, value]) => number(value)),
          labels: series.metric,
          config: name === undefined ? {} : { displayNameFromDS: name },
        },
      ],
    });
  });
}

/** One frame for all series: time, a column a label, the value. */
export function tableFrame(target: Target, answer: Series[], valueName: string): DataFrame {
  const names = [...new Set(answer.flatMap((series) => Object.keys(series.metric)))].sort();
  const rows = answer.flatMap((series) => samples(series).map(([seconds, value]) => ({ metric: series.metric, seconds, value })));
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: rows.map(({ seconds }) => seconds * 1000) },
      ...names.map((name) => ({
        name,
        type: FieldType.string,
        values: rows.map(({ metric }) => metric[name]),
        config: { filterable: true },
      })),
      { name: valueName, type: FieldType.number, values: rows.map(({ value }) => number(value)) },
    ],
  });
}

/** Frames of a histogram's buckets, by rising bound, each with its own count instead of everything below its bound. */
export function bucketFrames(frames: DataFrame[]): DataFrame[] {
  const bound = (frame: DataFrame) => number(valueField(frame)?.labels?.le ?? 'NaN');
  const rising = frames.filter((frame) => !Number.isNaN(bound(frame))).sort((a, b) => bound(a) - bound(b));
  return rising.map((frame, index) => {
    const below = rising[index - 1];
    const belowAt = new Map(below === undefined ? [] : times(below).map((time, at) => [time, counts(below)[at] ?? 0]));
    const at = times(frame);
    const own = counts(frame).map((count, row) => Math.max(0, count - (belowAt.get(at[row] ?? 0) ?? 0)));
    const le = valueField(frame)?.labels?.le ?? '';
    return {
      ...frame,
      name: le,
      fields: frame.fields.map((field) =>
        field.type === FieldType.number ? { ...field, values: own, config: { ...field.config, displayNameFromDS: le } } : field
      ),
    };
  });
}

export function valueField(frame: DataFrame): Field<number | null> | undefined {
  return frame.fields.find((field) => field.type === FieldType.number);
}

export function timeField(frame: DataFrame): Field<number> | undefined {
  return frame.fields.find((field) => field.type === FieldType.time);
}

function times(frame: DataFrame): number[] {
  return timeField(frame)?.values ?? [];
}

function counts(frame: DataFrame): number[] {
  return (valueField(frame)?.values ?? []).map((count) => count ?? 0);
}

/** Whether there is anything to see: a number that is one, or a text. */
export function isEmpty(frames: DataFrame[]): boolean {
  return !frames.some((frame) =>
    frame.fields.some((field) =>
      field.type === FieldType.time ? false : field.values.some((value) => value !== null && value !== undefined && !Number.isNaN(value))
    )
  );
}
