// The types of panel that can be drawn.
import type { ComponentType } from 'react';
import type { Panel } from '../../dashboard';
import { BarGaugePanel } from './bargauge';
import { GaugePanel } from './gauge';
import { Heatmap } from './heatmap';
import type { PanelProps } from './props';
import { Stat } from './stat';
import { StateTimeline } from './state_timeline';
import { Table } from './table';
import { Text } from './text';
import { TimeSeries } from './timeseries';

export const TYPES: Record<string, ComponentType<PanelProps>> = {
  stat: Stat,
  gauge: GaugePanel,
  bargauge: BarGaugePanel,
  timeseries: TimeSeries,
  'state-timeline': StateTimeline,
  heatmap: Heatmap,
  table: Table,
  text: Text,
};

/** Why a panel can't be drawn as Grafana would, if so. */
export function unsupported({ type, repeat, libraryPanel }: Panel): string | undefined {
  if (repeat || libraryPanel) {
    return 'this renderer draws no repeated panels and no library panels';
  }
  return type === 'row' || type in TYPES ? undefined : `this renderer draws no panels of type ${type}`;
}
