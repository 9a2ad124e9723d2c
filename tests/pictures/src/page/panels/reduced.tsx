// The values that stat, gauge and bargauge show: one a series, or one a row.
import { type FieldDisplay, getFieldDisplayValues, type ReduceDataOptions } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import { interpolator } from '../field_config';
import type { PanelProps } from './props';

export interface ReducedOptions {
  reduceOptions: ReduceDataOptions;
  orientation: 'auto' | 'horizontal' | 'vertical';
}

interface Extras {
  sparkline?: boolean;
  percentChange?: boolean;
}

export function useReduced(props: PanelProps, options: ReducedOptions, extras: Extras = {}): FieldDisplay[] {
  const theme = useTheme2();
  return getFieldDisplayValues({
    fieldConfig: props.fieldConfig,
    reduceOptions: options.reduceOptions,
    replaceVariables: interpolator(props.values),
    theme,
    data: props.frames,
    timeZone: 'utc',
    ...extras,
  });
}
