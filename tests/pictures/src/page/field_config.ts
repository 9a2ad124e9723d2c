// Applies a panel's units, thresholds, mappings and overrides to its frames with Grafana's own code.
import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  type DataFrame,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  type Field,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  type GrafanaTheme2,
  identityOverrideProcessor,
  numberOverrideProcessor,
  Registry,
  type ScopedVars,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';
import { fill, type Values } from './template';

type Processor = FieldConfigPropertyItem['process'];

const STANDARD: Record<string, Processor> = {
  unit: stringOverrideProcessor as Processor,
  min: numberOverrideProcessor as Processor,
  max: numberOverrideProcessor as Processor,
  fieldMinMax: identityOverrideProcessor,
  decimals: numberOverrideProcessor as Processor,
  displayName: displayNameOverrideProcessor as Processor,
  noValue: stringOverrideProcessor as Processor,
  color: identityOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
  mappings: valueMappingsOverrideProcessor,
  links: dataLinksOverrideProcessor,
  description: stringOverrideProcessor as Processor,
};

function property(id: string, path: string, process: Processor, isCustom: boolean): FieldConfigPropertyItem {
  const NoEditor = () => null;
  return {
    id,
    path,
    name: id,
    description: '',
    isCustom,
    process,
    shouldApply: () => true,
    override: NoEditor,
    editor: NoEditor,
  };
}

/** The properties that Grafana knows of every panel, and those of this panel's type: what its configuration names. */
function registry(source: FieldConfigSource): Registry<FieldConfigPropertyItem> {
  const named = source.overrides.flatMap(({ properties }) => properties.map(({ id }) => id));
  const custom = new Set([
    ...Object.keys((source.defaults.custom ?? {}) as object),
    ...named.filter((id) => id.startsWith('custom.')).map((id) => id.slice('custom.'.length)),
  ]);
  return new Registry(() => [
    ...Object.entries(STANDARD).map(([id, process]) => property(id, id, process, false)),
    ...[...custom].map((path) => property(`custom.${path}`, path, identityOverrideProcessor, true)),
  ]);
}

const OF_FIELD = /\$\{__field\.(?:labels\.(\w+)|(displayName|name))\}/g;

/** `${__field.labels.model}` and the dashboard's variables. */
export function interpolator(values: Values): (text: string, scoped?: ScopedVars) => string {
  return (text, scoped) => {
    const field = scoped?.__dataContext?.value.field as Field | undefined;
    const ofField = text.replace(OF_FIELD, (_, label?: string) =>
      label === undefined ? (field?.config.displayNameFromDS ?? field?.name ?? '') : (field?.labels?.[label] ?? '')
    );
    return fill(ofField, values);
  };
}

export function applied(frames: DataFrame[], source: FieldConfigSource, values: Values, theme: GrafanaTheme2): DataFrame[] {
  const shown = applyFieldOverrides({
    data: frames,
    fieldConfig: source,
    replaceVariables: interpolator(values),
    theme,
    timeZone: 'utc',
    fieldConfigRegistry: registry(source),
  });
  cacheFieldDisplayNames(shown);
  return shown;
}
