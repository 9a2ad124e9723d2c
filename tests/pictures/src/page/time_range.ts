// The dashboard's time range, and a panel's own where its JSON has one.
import { dateMath, dateTime, rangeUtil, type TimeRange } from '@grafana/data';
import type { Panel } from '../dashboard';

export interface PanelTime {
  range: TimeRange;
  /** What stands in the panel's header, where the range is its own. */
  note: string | undefined;
}

export function timeRange(from: number, to: number): TimeRange {
  const range = { from: dateTime(from), to: dateTime(to) };
  return { ...range, raw: range };
}

/** `1h` as Grafana's button says it. */
export function rangeName(range: string): string {
  return rangeUtil.describeTextRange(range).display;
}

export function panelTime(panel: Panel, shown: TimeRange): PanelTime {
  if (panel.timeFrom === undefined || panel.timeFrom === null || panel.timeFrom === '') {
    return { range: shown, note: undefined };
  }
  const { from, display, invalid } = rangeUtil.describeTextRange(panel.timeFrom);
  const start = dateMath.toDateTime(from, { now: shown.to, timezone: 'utc' });
  if (invalid || start === undefined) {
    throw new Error(`no such time: ${panel.timeFrom}`);
  }
  return { range: timeRange(start.valueOf(), shown.to.valueOf()), note: panel.hideTimeOverride ? undefined : display };
}
