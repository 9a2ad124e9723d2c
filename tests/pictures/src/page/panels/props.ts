// What each kind of panel is drawn from.
import type { DataFrame, FieldConfigSource, TimeRange } from '@grafana/data';
import type { Panel } from '../../dashboard';
import type { AnnotationMark } from '../annotations';
import type { ExemplarSeries } from '../prometheus';
import type { Values } from '../template';

export interface PanelProps {
  panel: Panel;
  frames: DataFrame[];
  exemplars: ExemplarSeries[];
  annotations: AnnotationMark[];
  fieldConfig: FieldConfigSource;
  timeRange: TimeRange;
  values: Values;
  width: number;
  height: number;
}
