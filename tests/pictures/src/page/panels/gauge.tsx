// gauge: a value on an arc, with its thresholds around it.
import { type FieldDisplay, getDisplayValueAlignmentFactors, type VizOrientation } from '@grafana/data';
import type { VizTextDisplayOptions } from '@grafana/schema';
import { Gauge, useTheme2, VizRepeater } from '@grafana/ui';
import { optionsOf } from '../defaults';
import type { PanelProps } from './props';
import { type ReducedOptions, useReduced } from './reduced';

interface Options extends ReducedOptions {
  showThresholdMarkers: boolean;
  showThresholdLabels: boolean;
  minVizWidth: number;
  minVizHeight: number;
  text?: VizTextDisplayOptions;
}

export function GaugePanel(props: PanelProps) {
  const theme = useTheme2();
  const options = optionsOf<Options>(props.panel);
  const values = useReduced(props, options);
  const single = values.length === 1 && !props.fieldConfig.defaults.displayName;
  return (
    <VizRepeater<FieldDisplay, ReturnType<typeof getDisplayValueAlignmentFactors>>
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width, height, orientation }) => (
        <Gauge
          value={single ? { ...value.display, title: undefined } : value.display}
          width={width}
          height={height}
          field={value.field}
          text={options.text}
          showThresholdLabels={options.showThresholdLabels}
          showThresholdMarkers={options.showThresholdMarkers}
          orientation={orientation}
          theme={theme}
        />
      )}
      width={props.width}
      height={props.height}
      source={props.frames}
      renderCounter={0}
      autoGrid
      minVizWidth={options.minVizWidth}
      minVizHeight={options.minVizHeight}
      orientation={options.orientation as VizOrientation}
    />
  );
}
