// Prometheus' HTTP API, as far as dashboards use it. The program passes what is under `/prometheus` on to the server.
export type Labels = Record<string, string>;
export type Sample = [seconds: number, value: string];

export interface RangeSeries {
  metric: Labels;
  values: Sample[];
}

export interface InstantSeries {
  metric: Labels;
  value: Sample;
}

export type InstantResult = { resultType: 'vector'; result: InstantSeries[] } | { resultType: 'scalar'; result: Sample };

export interface ExemplarSeries {
  seriesLabels: Labels;
  exemplars: Array<{ labels: Labels; value: string; timestamp: number }>;
}

type Parameters = Record<string, string | number>;

async function ask<T>(path: string, parameters: Parameters): Promise<T> {
  const query = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
  const response = await fetch(`/prometheus/api/v1/${path}?${query}`);
  const body = (await response.json()) as { status: string; data: T; error?: string };
  if (body.status !== 'success') {
    throw new Error(body.error ?? `HTTP status ${response.status}`);
  }
  return body.data;
}

/** Times and the step in seconds. */
export async function queryRange(query: string, start: number, end: number, step: number): Promise<RangeSeries[]> {
  const { result } = await ask<{ result: RangeSeries[] }>('query_range', { query, start, end, step });
  return result;
}

export async function queryInstant(query: string, time: number): Promise<InstantSeries[]> {
  const data = await ask<InstantResult>('query', { query, time });
  return data.resultType === 'scalar' ? [{ metric: {}, value: data.result }] : data.result;
}

export function queryExemplars(query: string, start: number, end: number): Promise<ExemplarSeries[]> {
  return ask('query_exemplars', { query, start, end });
}

export function labelValues(label: string, selector: string | undefined, start: number, end: number): Promise<string[]> {
  return ask(`label/${label}/values`, { start, end, ...(selector === undefined ? {} : { 'match[]': selector }) });
}
