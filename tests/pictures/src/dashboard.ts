// A dashboard's JSON, as far as a picture needs it.
import type { DataTransformerConfig, FieldConfigSource } from '@grafana/data';

export interface Dashboard {
  uid: string;
  title: string;
  tags?: string[];
  refresh?: string;
  links?: Link[];
  panels: Panel[];
  templating?: { list: Variable[] };
  annotations?: { list: Annotation[] };
}

export interface Link {
  title: string;
  type: 'link' | 'dashboards';
  icon?: string;
  tags?: string[];
  url?: string;
  asDropdown?: boolean;
}

export interface Variable {
  name: string;
  type: string;
  label?: string | null;
  hide?: number;
  query?: string | { query?: string };
  regex?: string;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  current?: { text?: string | string[]; value?: string | string[] };
}

export interface Annotation {
  name: string;
  enable: boolean;
  hide?: boolean;
  iconColor?: string;
  expr?: string;
  datasource?: { type?: string; uid?: string } | null;
}

export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: GridPos;
  transparent?: boolean;
  repeat?: string;
  libraryPanel?: object;
  links?: Link[];
  targets?: Target[];
  transformations?: DataTransformerConfig[];
  fieldConfig?: FieldConfigSource;
  options?: Record<string, unknown>;
  interval?: string;
  maxDataPoints?: number;
  timeFrom?: string;
  hideTimeOverride?: boolean;
  collapsed?: boolean;
  panels?: Panel[];
}

export interface Target {
  refId: string;
  expr: string;
  legendFormat?: string;
  format?: 'time_series' | 'table' | 'heatmap';
  instant?: boolean;
  range?: boolean;
  exemplar?: boolean;
  hide?: boolean;
  interval?: string;
}
