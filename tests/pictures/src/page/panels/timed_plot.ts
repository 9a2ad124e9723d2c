// What state-timeline and heatmap share: a plot over time whose cells are drawn by hand.
import { type GrafanaTheme2, type TimeRange } from '@grafana/data';
import { AxisPlacement, ScaleDirection, ScaleOrientation } from '@grafana/schema';
import { measureText, UPLOT_AXIS_FONT_SIZE, UPlotConfigBuilder } from '@grafana/ui';
import type uPlot from 'uplot';

export interface RowAxis {
  /** Where labels stand, in rows counted from the bottom. */
  splits: number[];
  labels: string[];
  rows: number;
  grid: boolean;
}

export const ROWS = 'rows';
/** Pixels; labels nearer than that are left out. */
const LABEL_HEIGHT = 15;
const LABEL_GAP = 14;

export function timedPlot(timeRange: TimeRange, axis: RowAxis, theme: GrafanaTheme2, draw: (plot: uPlot) => void): UPlotConfigBuilder {
  const builder = new UPlotConfigBuilder('utc');
  builder.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [timeRange.from.valueOf(), timeRange.to.valueOf()],
  });
  builder.addScale({
    scaleKey: ROWS,
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Up,
    range: () => [0, axis.rows],
  });
  builder.addAxis({ scaleKey: 'x', isTime: true, placement: AxisPlacement.Bottom, timeZone: 'utc', theme, grid: { show: axis.grid } });
  builder.addAxis({
    scaleKey: ROWS,
    placement: AxisPlacement.Left,
    theme,
    size: Math.max(...axis.labels.map((label) => measureText(label, UPLOT_AXIS_FONT_SIZE).width), 0) + LABEL_GAP,
    splits: () => axis.splits,
    values: (plot) => {
      const every = Math.ceil((LABEL_HEIGHT * axis.rows) / (plot.bbox.height / devicePixelRatio));
      return axis.labels.map((label, row) => (row % every === 0 ? label : null));
    },
    grid: { show: false },
    ticks: { show: false },
  });
  builder.addSeries({ scaleKey: ROWS, theme, show: true, pathBuilder: () => null, pointsBuilder: () => false, lineWidth: 0 });
  builder.addHook('draw', draw);
  return builder;
}

/** The plot needs a series to have an axis; what is seen is drawn by the hook. */
export function plotData(timeRange: TimeRange): uPlot.AlignedData {
  return [
    [timeRange.from.valueOf(), timeRange.to.valueOf()],
    [0, 0],
  ];
}
