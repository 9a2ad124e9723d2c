// state-timeline: the states of series over time. @grafana/ui has no such panel: this draws one on its plot.
import { type DataFrame, type DisplayValue, type Field, FieldType, formattedValueToString, getFieldDisplayName, type GrafanaTheme2 } from '@grafana/data';
import { LegendDisplayMode, type VizLegendOptions } from '@grafana/schema';
import { measureText, UPlotChart, useTheme2, VizLayout, VizLegend, type VizLegendItem } from '@grafana/ui';
import { useMemo } from 'react';
import type uPlot from 'uplot';
import { optionsOf } from '../defaults';
import { timeField } from '../frames';
import type { PanelProps } from './props';
import { plotData, ROWS, timedPlot } from './timed_plot';

interface Options {
  showValue: 'auto' | 'always' | 'never';
  rowHeight: number;
  mergeValues: boolean;
  alignValue: 'left' | 'center' | 'right';
  legend?: VizLegendOptions;
}

interface Stretch {
  from: number;
  to: number;
  state: DisplayValue;
}

interface Line {
  name: string;
  fillOpacity: number;
  stretches: Stretch[];
}

const FONT_SIZE = 12;
const TEXT_PADDING = 6;

function isKnown(value: unknown): boolean {
  return value !== null && value !== undefined && !Number.isNaN(value);
}

/** Equal neighbours are one stretch; where samples are missing, the stretch ends one step after the last. */
function stretches(field: Field, times: number[], step: number | undefined, end: number, merge: boolean): Stretch[] {
  const found: Stretch[] = [];
  field.values.forEach((value: unknown, row) => {
    const from = times[row] ?? end;
    const next = times[row + 1];
    const to = next === undefined ? Math.min(end, from + (step ?? end - from)) : step === undefined ? next : Math.min(next, from + step);
    const state = field.display?.(value);
    if (!isKnown(value) || state === undefined) {
      return;
    }
    const last = found.at(-1);
    if (merge && last !== undefined && last.to >= from && last.state.text === state.text && last.state.color === state.color) {
      last.to = to;
    } else {
      found.push({ from, to, state });
    }
  });
  return found;
}

function lines(frames: DataFrame[], end: number, merge: boolean): Line[] {
  return frames.flatMap((frame) => {
    const time = timeField(frame);
    return frame.fields
      .filter(({ type }) => type !== FieldType.time)
      .map((field) => ({
        name: getFieldDisplayName(field, frame, frames),
        fillOpacity: Number((field.config.custom as { fillOpacity?: number } | undefined)?.fillOpacity ?? 70) / 100,
        stretches: stretches(field, time?.values ?? [], time?.config.interval ?? undefined, end, merge),
      }));
  });
}

function drawText(plot: uPlot, text: string, left: number, right: number, middle: number, align: Options['alignValue']): void {
  const { ctx } = plot;
  const padding = TEXT_PADDING * devicePixelRatio;
  const x = align === 'left' ? left + padding : align === 'right' ? right - padding : (left + right) / 2;
  ctx.textAlign = align;
  ctx.fillText(text, x, middle);
}

function drawLine(plot: uPlot, line: Line, middle: number, height: number, options: Options, theme: GrafanaTheme2): void {
  const { ctx, bbox } = plot;
  for (const { from, to, state } of line.stretches) {
    const left = Math.max(plot.valToPos(from, 'x', true), bbox.left);
    const right = Math.min(plot.valToPos(to, 'x', true), bbox.left + bbox.width);
    if (right <= left) {
      continue;
    }
    const color = state.color ?? theme.colors.text.secondary;
    ctx.globalAlpha = line.fillOpacity;
    ctx.fillStyle = color;
    ctx.fillRect(left, middle - height / 2, right - left, height);
    ctx.globalAlpha = 1;
    const text = formattedValueToString(state);
    const room = (right - left) / devicePixelRatio - 2 * TEXT_PADDING;
    if (options.showValue === 'never' || (options.showValue === 'auto' && measureText(text, FONT_SIZE).width > room)) {
      continue;
    }
    ctx.fillStyle = theme.colors.getContrastText(color, theme.colors.contrastThreshold);
    drawText(plot, text, left, right, middle, options.alignValue);
  }
}

function drawAll(plot: uPlot, drawn: Line[], options: Options, theme: GrafanaTheme2): void {
  const { ctx, bbox } = plot;
  const row = bbox.height / Math.max(1, drawn.length);
  ctx.save();
  ctx.font = `${FONT_SIZE * devicePixelRatio}px ${theme.typography.fontFamily}`;
  ctx.textBaseline = 'middle';
  drawn.forEach((line, index) => {
    const middle = plot.valToPos(drawn.length - index - 0.5, ROWS, true);
    drawLine(plot, line, middle, row * options.rowHeight, options, theme);
  });
  ctx.restore();
}

function legendItems(drawn: Line[]): VizLegendItem[] {
  const colors = new Map(drawn.flatMap((line) => line.stretches.map(({ state }) => [formattedValueToString(state), state.color])));
  return [...colors].map(([label, color]) => ({ label, color, yAxis: 1 }));
}

export function StateTimeline(props: PanelProps) {
  const theme = useTheme2();
  const options = optionsOf<Options>(props.panel);
  const { frames, timeRange } = props;
  const drawn = useMemo(() => lines(frames, timeRange.to.valueOf(), options.mergeValues), [frames, timeRange, options.mergeValues]);
  const config = useMemo(() => {
    const middles = drawn.map((_, index) => drawn.length - index - 0.5);
    const axis = { splits: middles, labels: drawn.map(({ name }) => name), rows: drawn.length, grid: true };
    return timedPlot(timeRange, axis, theme, (plot) => drawAll(plot, drawn, options, theme));
  }, [drawn, timeRange, theme]);
  const { legend } = options;
  return (
    <VizLayout
      width={props.width}
      height={props.height}
      legend={
        legend?.showLegend ? (
          <VizLayout.Legend placement={legend.placement}>
            <VizLegend placement={legend.placement} items={legendItems(drawn)} displayMode={LegendDisplayMode.List} />
          </VizLayout.Legend>
        ) : null
      }
    >
      {(width, height) => <UPlotChart config={config} data={plotData(timeRange)} width={width} height={height} />}
    </VizLayout>
  );
}
