// timeseries: lines, areas, bars and points, with exemplars and annotations.
import { type DataFrame, FieldType, type GrafanaTheme2 } from '@grafana/data';
import type { VizLegendOptions } from '@grafana/schema';
import { TimeSeries as Graph, type UPlotConfigBuilder, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import type uPlot from 'uplot';
import type { AnnotationMark } from '../annotations';
import { optionsOf } from '../defaults';
import { drawExemplars, shownExemplars } from '../exemplars';
import { timeField } from '../frames';
import type { PanelProps } from './props';

interface Options {
  legend: VizLegendOptions;
}

/** What a graph can't draw is a gap: NaN and the infinities. */
function graphable(frames: DataFrame[]): DataFrame[] {
  return frames.map((frame) =>
    withGaps({
      ...frame,
      fields: frame.fields.map((field) =>
        field.type === FieldType.number
          ? { ...field, values: field.values.map((value: number | null) => (Number.isFinite(value) ? value : null)) }
          : field
      ),
    })
  );
}

/** Where samples are missing there is a gap, too, and no line across: after the last sample before it stands a null. */
function withGaps(frame: DataFrame): DataFrame {
  const time = timeField(frame);
  const step = time?.config.interval;
  const times = time?.values ?? [];
  const gaps = times.flatMap((at, row) => (step && (times[row + 1] ?? at) - at > step ? [row] : []));
  if (step === undefined || step === null || gaps.length === 0) {
    return frame;
  }
  const after = new Set(gaps);
  const stretched = (values: unknown[], filler: (row: number) => unknown) =>
    values.flatMap((value, row) => (after.has(row) ? [value, filler(row)] : [value]));
  return {
    ...frame,
    length: times.length + gaps.length,
    fields: frame.fields.map((field) => ({
      ...field,
      values: stretched(field.values, (row) => (field === time ? (times[row] ?? 0) + step : null)),
    })),
  };
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
  const { from, to } = props.timeRange;
  const addMarks = (config: UPlotConfigBuilder) => {
    const exemplars = shownExemplars(props.exemplars, from.valueOf(), to.valueOf());
    const blue = theme.visualization.getColorByName('blue');
    config.addHook('drawClear', (plot) => drawAnnotations(plot, props.annotations, theme));
    config.addHook('draw', (plot) => drawExemplars(plot, exemplars, plot.series[1]?.scale ?? 'y', (value) => value, blue));
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
