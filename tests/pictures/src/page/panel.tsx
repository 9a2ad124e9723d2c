// A panel in its frame: title, description, and what its type draws, or why there is nothing.
import { type GrafanaTheme2 } from '@grafana/data';
import { Icon, PanelChrome, useTheme2 } from '@grafana/ui';
import { Component, type CSSProperties, type ReactNode } from 'react';
import type { AnnotationMark } from './annotations';
import { fieldConfigOf } from './defaults';
import type { Loaded } from './panel_data';
import { TYPES } from './panels/types';
import { fill, type Values } from './template';

/** These show an empty result in their own way. */
const SHOW_NOTHING_THEMSELVES = new Set(['stat', 'gauge', 'bargauge', 'text']);

function message(theme: GrafanaTheme2, color: string): CSSProperties {
  return {
    height: '100%',
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    textAlign: 'center',
    padding: theme.spacing(0, 2),
    color,
    overflow: 'hidden',
  };
}

function Body({ loaded, annotations, values, width, height }: { loaded: Loaded; annotations: AnnotationMark[]; values: Values; width: number; height: number }) {
  const theme = useTheme2();
  const { panel, report } = loaded;
  const fieldConfig = fieldConfigOf(panel);
  if (report?.state === 'error') {
    return <div style={message(theme, theme.colors.error.text)}>{report.errors.join('; ')}</div>;
  }
  if (report?.state === 'empty' && !SHOW_NOTHING_THEMSELVES.has(panel.type)) {
    return <div style={message(theme, theme.colors.text.secondary)}>{fieldConfig.defaults.noValue ?? 'No data'}</div>;
  }
  const Type = TYPES[panel.type];
  return Type === undefined ? null : (
    <Type
      panel={panel}
      frames={loaded.frames}
      exemplars={loaded.exemplars}
      annotations={annotations}
      fieldConfig={fieldConfig}
      timeRange={loaded.timeRange}
      values={values}
      width={width}
      height={height}
    />
  );
}

/** A panel that can't be drawn says so and takes nothing from the others. */
class Guard extends Component<{ onError: (message: string) => void; children: ReactNode }, { error?: string }> {
  override state: { error?: string } = {};

  static getDerivedStateFromError(error: Error) {
    return { error: error.message };
  }

  override componentDidCatch(error: Error) {
    this.props.onError(error.message);
  }

  override render() {
    return this.state.error ?? this.props.children;
  }
}

interface BoxProps {
  loaded: Loaded;
  annotations: AnnotationMark[];
  values: Values;
  onError: (message: string) => void;
}

function Row({ loaded, values }: { loaded: Loaded; values: Values }) {
  const theme = useTheme2();
  const { panel } = loaded;
  const hidden = panel.panels?.length ?? 0;
  return (
    <div style={{ display: 'flex', alignItems: 'center', gap: theme.spacing(1), height: '100%' }}>
      <Icon name={panel.collapsed ? 'angle-right' : 'angle-down'} />
      <span style={{ fontWeight: theme.typography.fontWeightMedium, fontSize: theme.typography.h5.fontSize }}>
        {fill(panel.title ?? '', values)}
      </span>
      {panel.collapsed && (
        <span style={{ color: theme.colors.text.secondary, fontStyle: 'italic' }}>
          ({hidden} {hidden === 1 ? 'panel' : 'panels'})
        </span>
      )}
    </div>
  );
}

export function PanelBox({ loaded, annotations, values, onError }: BoxProps) {
  const { panel, left, top, width, height, report, timeNote } = loaded;
  return (
    <div style={{ position: 'absolute', left, top, width, height }}>
      {panel.type === 'row' ? (
        <Row loaded={loaded} values={values} />
      ) : (
        <PanelChrome
          title={fill(panel.title ?? '', values)}
          description={panel.description}
          width={width}
          height={height}
          displayMode={panel.transparent ? 'transparent' : 'default'}
          statusMessage={report?.state === 'error' ? report.errors.join('; ') : undefined}
          titleItems={timeNote === undefined ? undefined : <TimeNote text={timeNote} />}
        >
          {(innerWidth, innerHeight) => (
            <Guard onError={onError}>
              <Body loaded={loaded} annotations={annotations} values={values} width={innerWidth} height={innerHeight} />
            </Guard>
          )}
        </PanelChrome>
      )}
    </div>
  );
}

function TimeNote({ text }: { text: string }) {
  const theme = useTheme2();
  return (
    <span style={{ display: 'flex', alignItems: 'center', gap: 4, whiteSpace: 'nowrap', color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }}>
      <Icon name="clock-nine" size="sm" /> {text}
    </span>
  );
}
