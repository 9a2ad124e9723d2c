// A dashboard of one panel of each kind, with what can go wrong between them.
let row = 0;

function panel(id, type, targets, more = {}) {
  const y = row;
  row += 4;
  return { id, type, title: `Panel ${id}`, gridPos: { x: 0, y, w: 12, h: 4 }, targets, ...more };
}

function target(expr, more = {}) {
  return { refId: 'A', expr, range: true, instant: false, ...more };
}

const BUCKETS = ['1.0', '5.0', '+Inf'].map((le, index) => `label_replace(vector(${index + 1}), "le", "${le}", "", "")`).join(' or ');

export const dashboard = {
  uid: 'test',
  title: 'Test',
  panels: [
    panel(1, 'stat', [target('vector(0.25)')], { fieldConfig: { defaults: { unit: 'percentunit' }, overrides: [] } }),
    panel(2, 'gauge', [target('vector(0.25)')]),
    panel(3, 'bargauge', [target('vector(1)', { instant: true, range: false })]),
    panel(4, 'timeseries', [target('time() - ${__from} / 1000 + 0 * $__range_s', { legendFormat: 'since' })]),
    panel(5, 'state-timeline', [target('vector(1)')]),
    panel(6, 'heatmap', [target(BUCKETS, { format: 'heatmap', legendFormat: '{{le}}' })]),
    panel(7, 'table', [target('label_replace(vector(1), "a", "b", "", "")', { format: 'table', instant: true })], {
      transformations: [{ id: 'organize', options: { excludeByName: { Time: true }, renameByName: { a: 'A' } } }],
    }),
    panel(8, 'text', [], { options: { mode: 'markdown', content: '**bold**' } }),
    panel(20, 'timeseries', [target('rate(')]),
    panel(21, 'timeseries', [target('vector(1)'), target('$nobody_defines_this', { refId: 'B' })]),
    panel(22, 'piechart', [target('vector(1)')]),
    panel(23, 'table', [target('vector(1)', { format: 'table', instant: true })], {
      transformations: [{ id: 'no-such-transformation', options: {} }],
    }),
    panel(24, 'timeseries', [target('vector(1)')], { timeFrom: 'never' }),
    panel(30, 'timeseries', [target('nothing_has_this_name')]),
    panel(31, 'stat', [target('vector(1) > 2')]),
    { id: 40, type: 'row', title: 'Row', collapsed: true, gridPos: { x: 0, y: row, w: 24, h: 1 }, panels: [{ ...panel(41, 'stat', [target('sum(')]), gridPos: { x: 0, y: row + 1, w: 12, h: 4 } }] },
  ],
};
