// What the program asks of the page, and what the page reports back.
import type { Dashboard } from './dashboard';

export interface PictureRequest {
  dashboard: Dashboard;
  /** The dashboards that a link by tag leads to. */
  siblings: Array<{ uid: string; title: string; tags: string[] }>;
  width: number;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** How the range is called on the button, such as `1h`. */
  rangeText: string;
  /** The data source's scrape interval, by which Grafana makes `$__rate_interval`. */
  scrapeInterval: string;
  /** Values of variables, where not all of them. */
  values: Record<string, string>;
  rows: 'as-saved' | 'expanded';
}

export interface PanelReport {
  id: number;
  title: string;
  type: string;
  state: 'data' | 'empty' | 'error';
  errors: string[];
}

export interface PictureReport {
  uid: string;
  title: string;
  panels: PanelReport[];
  /** Variables and annotations whose query failed. */
  errors: string[];
}
