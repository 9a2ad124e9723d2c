// The dashboard's variables: what a person could choose, and what is chosen (everything, unless the request says otherwise).
import type { Dashboard, Variable } from '../dashboard';
import { labelValues } from './prometheus';
import { fill, type Values } from './template';

export interface Chosen {
  name: string;
  label: string;
  type: string;
  text: string;
  value: string;
  hidden: boolean;
  error?: string;
}

export interface Moment {
  from: number;
  to: number;
}

const LABEL_VALUES = /^\s*label_values\(\s*(?:(.+)\s*,\s*)?([A-Za-z_]\w*)\s*\)\s*$/s;
const ALL = '$__all';
const HIDE_VARIABLE = 2;

async function options(variable: Variable, values: Values, moment: Moment): Promise<string[]> {
  const query = typeof variable.query === 'string' ? variable.query : (variable.query?.query ?? '');
  if (variable.type !== 'query') {
    return query.split(',').map((option) => option.trim()).filter((option) => option !== '');
  }
  const [matched, selector, label] = LABEL_VALUES.exec(fill(query, values)) ?? [];
  if (matched === undefined || label === undefined) {
    throw new Error(`this renderer knows only label_values(): ${query}`);
  }
  const found = await labelValues(label, selector, moment.from / 1000, moment.to / 1000);
  return filtered(found, variable.regex);
}

function filtered(found: string[], regex: string | undefined): string[] {
  if (regex === undefined || regex === '') {
    return found;
  }
  const pattern = new RegExp(/^\/(.*)\/\w*$/s.exec(regex)?.[1] ?? regex);
  return found.flatMap((option) => {
    const match = pattern.exec(option);
    return match === null ? [] : [match[1] ?? match[0]];
  });
}

function escaped(option: string): string {
  return option.replace(/[\\^$.*+?()[\]{}|]/g, '\\\\$&');
}

function everything(variable: Variable, found: string[]): string {
  return variable.allValue ? variable.allValue : `(${found.map(escaped).join('|')})`;
}

function first(saved: string | string[] | undefined): string | undefined {
  return Array.isArray(saved) ? saved[0] : saved;
}

async function choose(variable: Variable, values: Values, moment: Moment, wanted: string | undefined): Promise<Chosen> {
  const base = {
    name: variable.name,
    label: variable.label || variable.name,
    type: variable.type,
    hidden: variable.hide === HIDE_VARIABLE,
  };
  if (wanted !== undefined) {
    return { ...base, text: wanted, value: wanted };
  }
  if (variable.type === 'datasource') {
    return { ...base, text: 'Prometheus', value: 'prometheus' };
  }
  if (variable.type === 'constant' || variable.type === 'textbox') {
    const value = first(variable.current?.value) ?? String(variable.query ?? '');
    return { ...base, text: value, value };
  }
  const found = await options(variable, values, moment);
  if (found.length === 0) {
    return { ...base, text: 'None', value: variable.allValue ?? '', error: `$${variable.name} has no value to choose` };
  }
  const saved = first(variable.current?.value);
  if (variable.includeAll && (saved === undefined || saved === '' || saved === ALL)) {
    return { ...base, text: 'All', value: everything(variable, found) };
  }
  const value = saved !== undefined && found.includes(saved) ? saved : (found[0] ?? '');
  return { ...base, text: value, value };
}

/** In the order of the dashboard, since a variable's query may name the ones before it. */
export async function chooseAll(dashboard: Dashboard, moment: Moment, wanted: Values): Promise<Chosen[]> {
  const chosen: Chosen[] = [];
  const values: Values = {};
  for (const variable of dashboard.templating?.list ?? []) {
    const choice = await choose(variable, values, moment, wanted[variable.name]).catch((error: Error) => ({
      name: variable.name,
      label: variable.label || variable.name,
      type: variable.type,
      text: 'Error',
      value: variable.allValue ?? '',
      hidden: false,
      error: `$${variable.name}: ${error.message}`,
    }));
    values[choice.name] = choice.value;
    chosen.push(choice);
  }
  return chosen;
}
