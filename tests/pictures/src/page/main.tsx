// The page: takes one request, draws the dashboard and says what was found.
import '@fontsource/inter/400.css';
import '@fontsource/inter/500.css';
import '@fontsource/roboto-mono/400.css';
import 'uplot/dist/uPlot.min.css';
import {
  createTheme,
  type GrafanaTheme2,
  standardTransformers,
  standardTransformersRegistry,
  ThemeContext,
} from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { GlobalStyles } from '@grafana/ui';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import type { PanelReport, PictureReport, PictureRequest } from '../request';
import { type AnnotationMark, annotations } from './annotations';
import { heightOf, place } from './layout';
import { PanelBox } from './panel';
import { type Loaded, load } from './panel_data';
import { installGaugeDrawing } from './panels/flot_gauge';
import type { Values } from './template';
import { timeRange } from './time_range';
import { Toolbar } from './toolbar';
import { type Chosen, chooseAll } from './variables';

declare global {
  interface Window {
    drawDashboard: (request: PictureRequest) => Promise<PictureReport>;
  }
}

const MARGIN = 16;

/** Some stand there twice, under an old name too. */
function registerTransformers(): void {
  const byId = new Map(Object.values(standardTransformers).map((transformation) => [transformation.id, transformation]));
  standardTransformersRegistry.setInit(() =>
    [...byId.values()].map((transformation) => ({ id: transformation.id, name: transformation.name, transformation, editor: () => null, imageDark: '', imageLight: '' }))
  );
}

function loadAll(request: PictureRequest, values: Values, theme: GrafanaTheme2): Promise<Loaded[]> {
  const { dashboard, rows, width, from, to, scrapeInterval } = request;
  const placed = place(dashboard.panels, rows, width - 2 * MARGIN);
  return Promise.all(placed.map((one) => load(one, { shown: timeRange(from, to), scrapeInterval, values, theme })));
}

interface View {
  request: PictureRequest;
  variables: Chosen[];
  marks: AnnotationMark[];
  values: Values;
  panels: Loaded[];
  onError: (panel: number, message: string) => void;
}

function Page({ request, variables, marks, values, panels, onError, theme }: View & { theme: GrafanaTheme2 }) {
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ width: request.width, background: theme.colors.background.canvas, paddingBottom: MARGIN }}>
        <Toolbar request={request} variables={variables} />
        <div style={{ position: 'relative', margin: `0 ${MARGIN}px`, height: heightOf(panels) }}>
          {panels.map((loaded) => (
            <PanelBox
              key={loaded.panel.id}
              loaded={loaded}
              annotations={marks}
              values={values}
              onError={(message) => onError(loaded.panel.id, message)}
            />
          ))}
        </div>
      </div>
    </ThemeContext.Provider>
  );
}

async function drawDashboard(request: PictureRequest): Promise<PictureReport> {
  const theme = createTheme({ colors: { mode: 'dark' } });
  const { dashboard, from, to } = request;
  const variables = await chooseAll(dashboard, { from, to }, request.values);
  const values = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
  const errors = variables.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const marks = await annotations(dashboard, from, to, values).catch((error: Error) => {
    errors.push(`annotations: ${error.message}`);
    return [];
  });
  const panels = await loadAll(request, values, theme);
  await Promise.all(['400 14px Inter', '500 14px Inter', '400 12px "Roboto Mono"'].map((font) => document.fonts.load(font)));
  const broken = new Map<number, string>();
  const onError = (panel: number, message: string) => broken.set(panel, message);
  const view = { request, variables, marks, values, panels, onError };
  // What can't be drawn is known when this returns.
  flushSync(() => root.render(<Page {...view} theme={theme} />));
  const reports = panels.flatMap(({ report }) => (report === undefined ? [] : [report]));
  return { uid: dashboard.uid, title: dashboard.title, panels: reports.map((report) => withBroken(report, broken.get(report.id))), errors };
}

function withBroken(report: PanelReport, message: string | undefined): PanelReport {
  return message === undefined ? report : { ...report, state: 'error', errors: [...report.errors, `drawing: ${message}`] };
}

const element = document.getElementById('root');
if (element === null) {
  throw new Error('the page has no root');
}
const root = createRoot(element);
registerTransformers();
installGaugeDrawing();
await initPluginTranslations('pictures');
window.drawDashboard = drawDashboard;
