// bargauge: values as bars.
import { type FieldDisplay, getDisplayProcessor, getDisplayValueAlignmentFactors, type VizOrientation } from '@grafana/data';
import { BarGaugeDisplayMode, type BarGaugeNamePlacement, type BarGaugeValueMode, type VizTextDisplayOptions } from '@grafana/schema';
import { BarGauge, useTheme2, VizRepeater } from '@grafana/ui';
import { optionsOf } from '../defaults';
import type { PanelProps } from './props';
import { type ReducedOptions, useReduced } from './reduced';

interface Options extends ReducedOptions {
  displayMode: BarGaugeDisplayMode;
  showUnfilled: boolean;
  valueMode: BarGaugeValueMode;
  namePlacement: BarGaugeNamePlacement;
  minVizWidth: number;
  minVizHeight: number;
  maxVizHeight: number;
  text?: VizTextDisplayOptions;
}

export function BarGaugePanel(props: PanelProps) {
  const theme = useTheme2();
  const options = optionsOf<Options>(props.panel);
  const values = useReduced(props, options);
  const single = values.length === 1 && !props.fieldConfig.defaults.displayName;
  return (
    <VizRepeater<FieldDisplay, ReturnType<typeof getDisplayValueAlignmentFactors>>
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width, height, orientation, count, alignmentFactors }) => (
        <BarGauge
          value={single ? { ...value.display, title: undefined } : value.display}
          width={width}
          height={height}
          orientation={orientation}
          field={value.field}
          text={options.text}
          display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0) ?? getDisplayProcessor({ field: { config: value.field }, theme })}
          theme={theme}
          itemSpacing={options.displayMode === BarGaugeDisplayMode.Lcd ? 2 : 10}
          displayMode={options.displayMode}
          alignmentFactors={count > 1 ? alignmentFactors : undefined}
          showUnfilled={options.showUnfilled}
          valueDisplayMode={options.valueMode}
          namePlacement={options.namePlacement}
          isOverflow={false}
        />
      )}
      width={props.width}
      height={props.height}
      source={props.frames}
      renderCounter={0}
      itemSpacing={10}
      minVizWidth={options.minVizWidth}
      minVizHeight={options.minVizHeight}
      maxVizHeight={options.maxVizHeight}
      orientation={options.orientation as VizOrientation}
    />
  );
}
