// heatmap: how often values fell into buckets, over time. @grafana/ui has no such panel: this draws one on its plot.
import { type DataFrame, formattedValueToString, getDisplayProcessor, getFieldDisplayName, getValueFormat, type GrafanaTheme2 } from '@grafana/data';
import { UPlotChart, useTheme2, VizLayout } from '@grafana/ui';
import { useMemo } from 'react';
import type uPlot from 'uplot';
import { optionsOf } from '../defaults';
import { drawExemplars, type Exemplar, shownExemplars } from '../exemplars';
import { timeField, valueField } from '../frames';
import { type HeatColorOptions, heatColors } from './heat_colors';
import type { PanelProps } from './props';
import { plotData, ROWS, timedPlot } from './timed_plot';

interface Options {
  color: HeatColorOptions;
  cellGap: number;
  exemplars?: { color?: string };
  filterValues?: { le?: number };
  legend?: { show: boolean };
  yAxis?: { unit?: string; decimals?: number };
  cellValues?: { unit?: string; decimals?: number };
}

const EXEMPLAR_COLOR = 'rgba(255,0,255,0.7)';

interface Cell {
  time: number;
  row: number;
  count: number;
}

interface Heat {
  rows: string[];
  cells: Cell[];
  step: number;
  least: number;
  most: number;
}

function heat(frames: DataFrame[], options: Options): Heat {
  const over = options.filterValues?.le ?? Number.NEGATIVE_INFINITY;
  const cells = frames.flatMap((frame, row) => {
    const counts = valueField(frame)?.values ?? [];
    return (timeField(frame)?.values ?? []).map((time, at) => ({ time, row, count: counts[at] ?? Number.NaN }));
  });
  const seen = cells.filter(({ count }) => Number.isFinite(count) && count > over);
  const counts = seen.map(({ count }) => count);
  return {
    rows: frames.map((frame) => getFieldDisplayName(valueField(frame) ?? frame.fields[0]!, frame, frames)),
    cells: seen,
    step: (frames[0] && timeField(frames[0])?.config.interval) ?? 60_000,
    least: options.color.min ?? Math.min(...counts),
    most: options.color.max ?? Math.max(...counts),
  };
}

function draw(plot: uPlot, { cells, step, least, most }: Heat, colors: string[], gap: number): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { time, row, count } of cells) {
    const left = plot.valToPos(time - step, 'x', true);
    const right = plot.valToPos(time, 'x', true);
    const top = plot.valToPos(row + 1, ROWS, true);
    const bottom = plot.valToPos(row, ROWS, true);
    const share = most > least ? (count - least) / (most - least) : 1;
    ctx.fillStyle = colors[Math.round(Math.min(Math.max(share, 0), 1) * (colors.length - 1))] ?? '';
    ctx.fillRect(left, top, Math.max(right - left - gap, 1), Math.max(bottom - top - gap, 1));
  }
  ctx.restore();
}

/** Where a value stands among the buckets, in rows counted from the bottom. */
function rowOf(value: number, rows: string[]): number {
  const bounds = rows.map((name) => (name === '+Inf' ? Infinity : Number(name)));
  const row = bounds.findIndex((bound) => value <= bound);
  const low = bounds[row - 1] ?? 0;
  const high = bounds[row] ?? low;
  return row < 0 ? rows.length : row + (Number.isFinite(high) && high > low ? (value - low) / (high - low) : 0.5);
}

function drawPoints(plot: uPlot, exemplars: Exemplar[], { rows }: Heat, color: string): void {
  drawExemplars(plot, exemplars, ROWS, (value) => rowOf(value, rows), color);
}

function boundLabel(name: string, options: Options): string {
  const bound = Number(name);
  return Number.isFinite(bound)
    ? formattedValueToString(getValueFormat(options.yAxis?.unit)(bound, options.yAxis?.decimals))
    : name;
}

function ColorScale({ colors, least, most, options, theme }: { colors: string[]; least: number; most: number; options: Options; theme: GrafanaTheme2 }) {
  const config = { unit: options.cellValues?.unit, decimals: options.cellValues?.decimals };
  const display = getDisplayProcessor({ field: { config }, theme });
  const text = (value: number) => formattedValueToString(display(value));
  return (
    <div style={{ width: 300, paddingTop: 4, fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.secondary }}>
      <div style={{ height: 8, background: `linear-gradient(90deg, ${colors.join(',')})` }} />
      <div style={{ display: 'flex', justifyContent: 'space-between' }}>
        <span>{text(least)}</span>
        <span>{text(most)}</span>
      </div>
    </div>
  );
}

export function Heatmap(props: PanelProps) {
  const theme = useTheme2();
  const options = optionsOf<Options>(props.panel);
  const { frames, timeRange } = props;
  const heated = useMemo(() => heat(frames, options), [frames]);
  const colors = useMemo(() => heatColors(options.color, theme), [theme]);
  const config = useMemo(() => {
    const axis = {
      splits: heated.rows.map((_, row) => row + 1),
      labels: heated.rows.map((name) => boundLabel(name, options)),
      rows: heated.rows.length,
      grid: true,
    };
    const exemplars = shownExemplars(props.exemplars, timeRange.from.valueOf(), timeRange.to.valueOf());
    return timedPlot(timeRange, axis, theme, (plot) => {
      draw(plot, heated, colors, options.cellGap);
      drawPoints(plot, exemplars, heated, options.exemplars?.color ?? EXEMPLAR_COLOR);
    });
  }, [heated, timeRange, theme]);
  return (
    <VizLayout
      width={props.width}
      height={props.height}
      legend={
        options.legend?.show && heated.cells.length > 0 ? (
          <VizLayout.Legend placement="bottom">
            <ColorScale colors={colors} least={heated.least} most={heated.most} options={options} theme={theme} />
          </VizLayout.Legend>
        ) : null
      }
    >
      {(width, height) => <UPlotChart config={config} data={plotData(timeRange)} width={width} height={height} />}
    </VizLayout>
  );
}
