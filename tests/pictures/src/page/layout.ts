// Where panels stand: Grafana's grid of 24 columns, with rows of 30 px and gaps of 8 px.
import type { Panel } from '../dashboard';

const COLUMNS = 24;
const ROW = 30;
const GAP = 8;

export interface Placed {
  panel: Panel;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Opens the collapsed rows and moves what is below them down. */
function opened(panels: Panel[]): Panel[] {
  const result: Panel[] = [];
  let shift = 0;
  for (const panel of [...panels].sort((a, b) => a.gridPos.y - b.gridPos.y)) {
    const moved = { ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + shift } };
    const inside = panel.collapsed ? (panel.panels ?? []) : [];
    result.push({ ...moved, collapsed: false, panels: [] });
    const top = Math.min(...inside.map(({ gridPos }) => gridPos.y));
    const bottom = Math.max(...inside.map(({ gridPos }) => gridPos.y + gridPos.h));
    if (inside.length === 0) {
      continue;
    }
    const below = moved.gridPos.y + 1;
    result.push(...inside.map((one) => ({ ...one, gridPos: { ...one.gridPos, y: one.gridPos.y - top + below } })));
    shift += bottom - top;
  }
  return result;
}

export function place(panels: Panel[], rows: 'as-saved' | 'expanded', width: number): Placed[] {
  const column = (width - (COLUMNS - 1) * GAP) / COLUMNS;
  const visible = rows === 'expanded' ? opened(panels) : panels;
  return visible.map((panel) => {
    const { x, y, w, h } = panel.gridPos;
    return {
      panel,
      left: Math.round(x * (column + GAP)),
      top: y * (ROW + GAP),
      width: Math.round(w * column + (w - 1) * GAP),
      height: h * ROW + (h - 1) * GAP,
    };
  });
}

export function heightOf(placed: Placed[]): number {
  return Math.max(0, ...placed.map(({ top, height }) => top + height));
}
