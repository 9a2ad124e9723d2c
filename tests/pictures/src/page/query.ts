// Runs the queries of a panel.
import type { DataFrame } from '@grafana/data';
import type { Panel, Target } from '../dashboard';
import { bucketFrames, tableFrame, timeSeriesFrames } from './frames';
import { steps } from './interval';
import { type ExemplarSeries, queryExemplars, queryInstant, queryRange } from './prometheus';
import { fill, unknownIn, type Values } from './template';

export interface QueryContext {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  width: number;
  scrapeInterval: string;
  values: Values;
}

export interface Answer {
  frames: DataFrame[];
  exemplars: ExemplarSeries[];
  errors: string[];
}

const NOTHING: Answer = { frames: [], exemplars: [], errors: [] };

async function runTarget(panel: Panel, target: Target, valueName: string, context: QueryContext): Promise<Answer> {
  const { from, to, step, variables } = steps(panel, target, context.from, context.to, context.width, context.scrapeInterval);
  const values = { ...context.values, ...variables };
  const unknown = unknownIn(target.expr, values);
  if (unknown.length > 0) {
    throw new Error(`no such variable: ${unknown.map((name) => `$${name}`).join(', ')}`);
  }
  const expr = fill(target.expr, values);
  const filled = { ...target, legendFormat: fill(target.legendFormat ?? '', values) };
  const answer = target.instant
    ? await queryInstant(expr, context.to / 1000)
    : await queryRange(expr, from / 1000, to / 1000, step / 1000);
  const exemplars = target.exemplar ? await queryExemplars(expr, from / 1000, to / 1000) : [];
  if (target.format === 'table') {
    return { frames: answer.length === 0 ? [] : [tableFrame(filled, answer, valueName)], exemplars, errors: [] };
  }
  const frames = timeSeriesFrames(filled, answer, expr, target.instant ? undefined : step);
  return { frames: target.format === 'heatmap' ? bucketFrames(frames) : frames, exemplars, errors: [] };
}

/** A query that fails takes nothing from the others. */
export async function run(panel: Panel, context: QueryContext): Promise<Answer> {
  const targets = (panel.targets ?? []).filter((target) => !target.hide);
  const tables = targets.filter(({ format }) => format === 'table').length;
  const answers = await Promise.all(
    targets.map((target) =>
      runTarget(panel, target, tables > 1 ? `Value #${target.refId}` : 'Value', context).catch(
        (error: Error): Answer => ({ ...NOTHING, errors: [`${target.refId}: ${error.message}`] })
      )
    )
  );
  return {
    frames: answers.flatMap(({ frames }) => frames),
    exemplars: answers.flatMap(({ exemplars }) => exemplars),
    errors: answers.flatMap(({ errors }) => errors),
  };
}
