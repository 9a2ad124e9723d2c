// What a run found, for people and tests.
import type { PanelReport, PictureReport } from '../request';
import type { FailOn } from './arguments';

interface DashboardSummary {
  uid: string;
  title: string;
  picture: string;
  panels: number;
  errors: string[];
  failed: PanelReport[];
  empty: PanelReport[];
}

export interface Summary {
  dashboards: DashboardSummary[];
}

export function summarise(report: PictureReport, picture: string): DashboardSummary {
  const { uid, title, panels, errors } = report;
  return {
    uid,
    title,
    picture,
    panels: panels.length,
    errors,
    failed: panels.filter(({ state }) => state === 'error'),
    empty: panels.filter(({ state }) => state === 'empty'),
  };
}

export function isFailure({ dashboards }: Summary, failOn: FailOn): boolean {
  const failed = dashboards.some((dashboard) => dashboard.errors.length > 0 || dashboard.failed.length > 0);
  const empty = dashboards.some((dashboard) => dashboard.empty.length > 0);
  return (failOn !== 'nothing' && failed) || (failOn === 'empty' && empty);
}
