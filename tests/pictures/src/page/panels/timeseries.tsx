// timeseries: lines, areas, bars and points, with exemplars and annotations.
import { type DataFrame, FieldType, type GrafanaTheme2 } from '@grafana/data';
import type { VizLegendOptions } from '@grafana/schema';
import { TimeSeries as Graph, type UPlotConfigBuilder, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import type uPlot from 'uplot';
import type { AnnotationMark } from '../annotations';
import { optionsOf } from '../defaults';
import type { ExemplarSeries } from '../prometheus';
import type { PanelProps } from './props';

interface Options {
  legend: VizLegendOptions;
}

interface Point {
  time: number;
  value: number;
}

const DIAMOND = 4;

/** What a graph can't draw is a gap: NaN and the infinities. */
function graphable(frames: DataFrame[]): DataFrame[] {
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) =>
      field.type === FieldType.number
        ? { ...field, values: field.values.map((value: number | null) => (Number.isFinite(value) ? value : null)) }
        : field
    ),
  }));
}

function points(exemplars: ExemplarSeries[]): Point[] {
  return exemplars.flatMap((series) =>
    series.exemplars.map(({ timestamp, value }) => ({ time: timestamp * 1000, value: Number(value) }))
  );
}

/** Diamonds, at the top edge where the value is above the axis. */
function drawExemplars(plot: uPlot, exemplars: Point[], theme: GrafanaTheme2): void {
  const scale = plot.series[1]?.scale;
  const { ctx, bbox } = plot;
  if (scale === undefined) {
    return;
  }
  const size = DIAMOND * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = theme.visualization.getColorByName('blue');
  ctx.strokeStyle = theme.colors.background.primary;
  for (const { time, value } of exemplars) {
    const x = plot.valToPos(time, 'x', true);
    const y = Math.max(plot.valToPos(value, scale, true), bbox.top + size);
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
    ctx.stroke();
  }
  ctx.restore();
}

function drawAnnotations(plot: uPlot, marks: AnnotationMark[], theme: GrafanaTheme2): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const { from, to, color } of marks) {
    const left = Math.max(plot.valToPos(from, 'x', true), bbox.left);
    const right = Math.min(plot.valToPos(to, 'x', true), bbox.left + bbox.width);
    const name = theme.visualization.getColorByName(color);
    ctx.globalAlpha = 0.08;
    ctx.fillStyle = name;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, bbox.top + bbox.height, Math.max(right - left, 3), 3);
    ctx.strokeStyle = name;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(left, bbox.top);
    ctx.lineTo(left, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

export function TimeSeries(props: PanelProps) {
  const theme = useTheme2();
  const options = optionsOf<Options>(props.panel);
  const frames = useMemo(() => graphable(props.frames), [props.frames]);
  const exemplars = useMemo(() => points(props.exemplars), [props.exemplars]);
  const addMarks = (config: UPlotConfigBuilder) => {
    config.addHook('drawClear', (plot) => drawAnnotations(plot, props.annotations, theme));
    config.addHook('draw', (plot) => drawExemplars(plot, exemplars, theme));
    return null;
  };
  return (
    <Graph
      frames={frames}
      structureRev={1}
      timeRange={props.timeRange}
      timeZone="utc"
      width={props.width}
      height={props.height}
      legend={options.legend}
      options={options as unknown as Record<string, unknown>}
    >
      {addMarks}
    </Graph>
  );
}
