// @grafana/ui's Gauge leaves its drawing to `jQuery.plot`, which the Grafana server loads beside it and no package ships.
// This draws what Gauge asks for: the arc, the arc of the thresholds around it, and the value.
import jQuery from 'jquery';

interface GaugeOptions {
  series: {
    gauges: {
      gauge: { min: number; max: number; neutralValue?: number; background: { color: string }; width: number };
      threshold: { values: Array<{ value: number; color: string }>; show: boolean; width: number; label: { show: boolean; font: { size: number } } };
      value: { color: string; formatter: () => string; font: { size: number; family: string } };
    };
  };
}

interface GaugeSeries {
  data: Array<[number, number]>;
}

const START = 0.9 * Math.PI;
const END = 2.1 * Math.PI;
/** How far the arc's ends lie below its centre, in radii. */
const BELOW = Math.sin(START);

interface Ring {
  context: CanvasRenderingContext2D;
  x: number;
  y: number;
}

function arc({ context, x, y }: Ring, radius: number, width: number, from: number, to: number, color: string): void {
  context.beginPath();
  context.arc(x, y, radius - width / 2, from, to);
  context.lineWidth = width;
  context.strokeStyle = color;
  context.stroke();
}

function canvasIn(element: HTMLElement): { context: CanvasRenderingContext2D; width: number; height: number } {
  const { clientWidth: width, clientHeight: height } = element;
  const canvas = document.createElement('canvas');
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  element.replaceChildren(canvas);
  const context = canvas.getContext('2d');
  if (context === null) {
    throw new Error('no canvas to draw a gauge on');
  }
  context.scale(devicePixelRatio, devicePixelRatio);
  return { context, width, height };
}

function plot(element: HTMLElement, series: GaugeSeries[], options: GaugeOptions): void {
  const { gauge, threshold, value } = options.series.gauges;
  const { context, width, height } = canvasIn(element);
  const outer = Math.min(width / 2, height / (1 + BELOW)) - 1;
  const ring: Ring = { context, x: width / 2, y: (height - outer * (1 + BELOW)) / 2 + outer };
  const angle = (at: number) => {
    const share = (Math.min(Math.max(at, gauge.min), gauge.max) - gauge.min) / (gauge.max - gauge.min);
    return START + share * (END - START);
  };
  if (threshold.show) {
    threshold.values.forEach(({ value: to, color }, index) => {
      arc(ring, outer, threshold.width, angle(threshold.values[index - 1]?.value ?? gauge.min), angle(to), color);
    });
  }
  const radius = threshold.show ? outer - threshold.width - 1 : outer;
  arc(ring, radius, gauge.width, START, END, gauge.background.color);
  const [, at] = series[0]?.data[0] ?? [0, Number.NaN];
  if (Number.isFinite(at)) {
    arc(ring, radius, gauge.width, angle(gauge.neutralValue ?? gauge.min), angle(at), value.color);
  }
  context.font = `${value.font.size}px ${value.font.family}`;
  context.fillStyle = value.color;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(value.formatter(), ring.x, ring.y);
}

export function installGaugeDrawing(): void {
  Object.assign(jQuery, { plot });
}
