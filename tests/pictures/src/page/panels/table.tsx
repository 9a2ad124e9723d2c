// table: rows and cells, with Grafana's own cell types.
import { type DataFrame, FieldType } from '@grafana/data';
import type { TableCellHeight } from '@grafana/schema';
import type { TableSortByFieldState } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { optionsOf } from '../defaults';
import type { PanelProps } from './props';

interface Options {
  showHeader: boolean;
  cellHeight: TableCellHeight;
  frameIndex: number;
  sortBy?: TableSortByFieldState[];
}

/** A picture has no use for the marks of sorting and filtering. */
function still(frame: DataFrame): DataFrame {
  return {
    ...frame,
    fields: frame.fields.map((field) => ({
      ...field,
      config: { ...field.config, filterable: false, custom: { ...field.config.custom, filterable: false } },
      type: field.type === FieldType.other ? FieldType.string : field.type,
    })),
  };
}

export function Table(props: PanelProps) {
  const options = optionsOf<Options>(props.panel);
  const frame = props.frames[options.frameIndex] ?? props.frames[0];
  if (frame === undefined) {
    return null;
  }
  return (
    <TableNG
      data={still(frame)}
      width={props.width}
      height={props.height}
      noHeader={!options.showHeader}
      cellHeight={options.cellHeight}
      initialSortBy={options.sortBy}
      fieldConfig={props.fieldConfig}
      timeRange={props.timeRange}
      structureRev={1}
      enableVirtualization={false}
    />
  );
}
