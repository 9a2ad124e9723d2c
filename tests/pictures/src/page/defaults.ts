// What Grafana fills in where a dashboard's JSON leaves a setting out, by type of panel.
import { type FieldConfigSource, ThresholdsMode } from '@grafana/data';
import type { Panel } from '../dashboard';

const HIDE_FROM = { legend: false, tooltip: false, viz: false };

const CUSTOM: Record<string, Settings> = {
  timeseries: {
    drawStyle: 'line',
    lineInterpolation: 'linear',
    lineWidth: 1,
    fillOpacity: 0,
    gradientMode: 'none',
    barAlignment: 0,
    barWidthFactor: 0.6,
    pointSize: 5,
    showPoints: 'auto',
    spanNulls: false,
    insertNulls: false,
    axisPlacement: 'auto',
    axisLabel: '',
    axisColorMode: 'text',
    axisBorderShow: false,
    axisCenteredZero: false,
    scaleDistribution: { type: 'linear' },
    hideFrom: HIDE_FROM,
    stacking: { mode: 'none', group: 'A' },
    thresholdsStyle: { mode: 'off' },
  },
  table: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false },
  'state-timeline': { lineWidth: 0, fillOpacity: 70, spanNulls: false, hideFrom: HIDE_FROM },
};

const REDUCE = { reduceOptions: { values: false, calcs: ['lastNotNull'], fields: '' }, orientation: 'auto' };

const OPTIONS: Record<string, Settings> = {
  stat: {
    ...REDUCE,
    graphMode: 'area',
    colorMode: 'value',
    justifyMode: 'auto',
    textMode: 'auto',
    wideLayout: true,
    showPercentChange: false,
    percentChangeColorMode: 'standard',
  },
  gauge: { ...REDUCE, showThresholdMarkers: true, showThresholdLabels: false, minVizWidth: 75, minVizHeight: 75 },
  bargauge: {
    ...REDUCE,
    displayMode: 'gradient',
    showUnfilled: true,
    valueMode: 'color',
    namePlacement: 'auto',
    minVizWidth: 8,
    minVizHeight: 16,
    maxVizHeight: 300,
  },
  timeseries: { legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] } },
  table: { showHeader: true, cellHeight: 'sm', frameIndex: 0 },
  'state-timeline': { showValue: 'auto', rowHeight: 0.9, mergeValues: true, alignValue: 'left' },
  heatmap: { color: { mode: 'scheme', scheme: 'Oranges', steps: 64, reverse: false, exponent: 0.5, fill: 'dark-orange' }, cellGap: 1 },
  text: { mode: 'markdown', content: '' },
};

const BY_PALETTE = new Set(['timeseries']);

type Settings = Record<string, unknown>;

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function filled(base: Settings, saved: Settings): Settings {
  const entries = Object.entries(saved).map(([name, value]) => {
    const standard = base[name];
    return [name, isSettings(standard) && isSettings(value) ? filled(standard, value) : value];
  });
  return { ...base, ...Object.fromEntries(entries) };
}

export function optionsOf<T>(panel: Panel): T {
  return filled(OPTIONS[panel.type] ?? {}, panel.options ?? {}) as T;
}

export function fieldConfigOf(panel: Panel): FieldConfigSource {
  const saved = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  const { defaults } = saved;
  return {
    overrides: saved.overrides,
    defaults: {
      ...defaults,
      color: defaults.color ?? { mode: BY_PALETTE.has(panel.type) ? 'palette-classic' : 'thresholds' },
      thresholds: defaults.thresholds ?? {
        mode: ThresholdsMode.Absolute,
        steps: [
          { value: -Infinity, color: 'green' },
          { value: 80, color: 'red' },
        ],
      },
      custom: { ...CUSTOM[panel.type], ...(defaults.custom as object | undefined) },
    },
  };
}
