// Mistakes that the types must refuse: where one passes, its `@ts-expect-error` is an error.
import type { Dashboard, Json } from './dashboard';

type Panel = NonNullable<Dashboard['panels']>[number];
type Of<Type extends string> = Extract<Panel, { type: Type }>;

// @ts-expect-error no such mode of the legend
export const wrongEnum: Of<'timeseries'>['options']['legend']['displayMode'] = 'tabel';

export const misspeltOption: Partial<Of<'stat'>['options']> = {
  // @ts-expect-error it is colorMode
  colourMode: 'value',
};

export const optionOfAnotherPanel: Partial<Of<'gauge'>['options']> = {
  // @ts-expect-error a stat has it
  graphMode: 'area',
};

export const misspeltField: Of<'timeseries'>['fieldConfig']['defaults']['custom'] = {
  // @ts-expect-error it is fillOpacity
  fillOpacty: 10,
};

export const misspeltDefault: Of<'table'>['fieldConfig']['defaults'] = {
  // @ts-expect-error it is noValue
  novalue: 'none',
};

// @ts-expect-error a width is a number
export const wrongOverride: Of<'table'>['fieldConfig']['overrides'][number]['properties'][number] = { id: 'custom.width', value: '80' };

// @ts-expect-error no such property of a field
export const misspeltOverride: Of<'table'>['fieldConfig']['overrides'][number]['properties'][number] = { id: 'custom.widht', value: 80 };

// @ts-expect-error no such type of panel
export const wrongPanel: Panel['type'] = 'graph';

export const misspeltKey: Partial<Dashboard> = {
  // @ts-expect-error it is schemaVersion
  schemaversion: 39,
};

// @ts-expect-error enums that are numbers stay what they are
export const wrongRefresh: Json<Dashboard['graphTooltip']> = 7;
