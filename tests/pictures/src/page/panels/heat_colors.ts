// Grafana's colour schemes for heatmaps, from the same palettes.
import { colorManipulator, type GrafanaTheme2 } from '@grafana/data';
import * as palettes from 'd3-scale-chromatic';

export interface HeatColorOptions {
  mode: 'scheme' | 'opacity';
  scheme: string;
  steps: number;
  reverse: boolean;
  exponent: number;
  fill: string;
  min?: number;
  max?: number;
}

const DIVERGING_INVERTED = new Set(['RdBu', 'RdYlBu', 'Spectral', 'RdGy', 'RdYlGn']);
const DARK_BY_NATURE = new Set(['Turbo', 'Cividis', 'Viridis', 'Magma', 'Inferno', 'Plasma', 'Warm', 'Cool', 'CubehelixDefault']);
const DIVERGING = new Set(['BrBG', 'PiYG', 'PRGn', 'PuOr']);

function interpolator(scheme: string): (share: number) => string {
  const found = (palettes as Record<string, unknown>)[`interpolate${scheme}`];
  if (typeof found !== 'function') {
    throw new Error(`no such colour scheme: ${scheme}`);
  }
  return found as (share: number) => string;
}

/** Whether the palette begins with the colour that is far from the background. */
function beginsBright(scheme: string, theme: GrafanaTheme2): boolean {
  if (DIVERGING.has(scheme)) {
    return false;
  }
  return DIVERGING_INVERTED.has(scheme) || DARK_BY_NATURE.has(scheme) !== theme.isDark;
}

/** Colours from the lowest count to the highest. */
export function heatColors(options: HeatColorOptions, theme: GrafanaTheme2): string[] {
  const shares = Array.from({ length: options.steps + 1 }, (_, step) => step / options.steps);
  if (options.mode === 'opacity') {
    const fill = theme.visualization.getColorByName(options.fill);
    return shares.map((share) => colorManipulator.alpha(fill, share ** options.exponent));
  }
  const colors = shares.map(interpolator(options.scheme));
  return beginsBright(options.scheme, theme) === options.reverse ? colors : colors.reverse();
}
