// What a dashboard here may hold: the Dashboard of @grafana/schema, with panels whose options and fields are those of
// their own type of panel. The schema leaves both open, so that a misspelt option would pass it.
import type * as schema from '@grafana/schema';
import type * as barGauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.js';
import type * as gauge from '@grafana/schema/dist/esm/raw/composable/gauge/panelcfg/x/GaugePanelCfg_types.gen.js';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen.js';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.js';
import type * as stateTimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.js';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.js';
import type * as timeSeries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.js';

/** T as JSON has it: the values of a string enum in place of its members. */
export type Json<T> = 0 extends 1 & T ? T : T extends string ? `${T}` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

/** The schema's own dashboard. */
export type SchemaDashboard = Json<schema.Dashboard>;

interface DataLink {
  targetBlank: boolean;
  title: string;
  url: string;
}

/** The schema does not have queries of Prometheus: these are the keys that Grafana's query editor writes. */
interface Target {
  datasource: schema.DataSourceRef;
  editorMode: 'code';
  exemplar?: boolean;
  expr: string;
  format: 'heatmap' | 'table' | 'time_series';
  instant: boolean;
  legendFormat: string;
  range: boolean;
  refId: string;
}

/** The same for the queries of annotations, which stand beside their own keys. */
interface PrometheusAnnotation extends schema.AnnotationQuery {
  expr?: string;
  step?: string;
  tagKeys?: string;
  textFormat?: string;
  titleFormat?: string;
}

type Defaults<Custom> = Omit<schema.FieldConfig, 'custom' | 'links'> & { custom?: Custom; links?: DataLink[] };

/** One property that is set for some of the fields, by its path. */
type Property<Fields, Prefix extends string = ''> = {
  [K in keyof Fields & string]-?: { id: `${Prefix}${K}`; value: Exclude<Fields[K], undefined> };
}[keyof Fields & string];

interface FieldConfig<Custom> {
  defaults: Defaults<Custom>;
  overrides: Array<{
    matcher: schema.MatcherConfig;
    properties: Array<Property<Omit<Defaults<Custom>, 'custom'>> | Property<Custom, 'custom.'>>;
  }>;
}

type PanelOf<Type extends string, Options, Custom = never> = Omit<schema.Panel, 'fieldConfig' | 'options' | 'targets' | 'type'> & {
  datasource: schema.DataSourceRef;
  fieldConfig: FieldConfig<Custom>;
  options: Options;
  targets: Target[];
  type: Type;
};

type Panel =
  | PanelOf<'bargauge', barGauge.Options>
  | PanelOf<'gauge', gauge.Options>
  | PanelOf<'heatmap', heatmap.Options, heatmap.FieldConfig>
  | PanelOf<'stat', stat.Options>
  | PanelOf<'state-timeline', stateTimeline.Options, stateTimeline.FieldConfig>
  | PanelOf<'table', table.Options, table.FieldConfig>
  | PanelOf<'timeseries', timeSeries.Options, timeSeries.FieldConfig>;

type Row = Omit<schema.RowPanel, 'panels'> & { panels: Panel[] };

/** A dashboard of ours. */
export type Dashboard = Json<
  Omit<schema.Dashboard, 'annotations' | 'panels'> & {
    annotations: { list: PrometheusAnnotation[] };
    panels: Array<Panel | Row>;
  }
>;
