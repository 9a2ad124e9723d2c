// What stands above the panels: the name, the time range, the variables, the links.
import { Icon, type IconName, LinkButton, RefreshPicker, ToolbarButton, ToolbarButtonRow, useTheme2 } from '@grafana/ui';
import type { Link } from '../dashboard';
import type { PictureRequest } from '../request';
import { rangeName } from './time_range';
import type { Chosen } from './variables';

function Select({ variable }: { variable: Chosen }) {
  const theme = useTheme2();
  const box = {
    display: 'flex',
    alignItems: 'center',
    height: theme.spacing(theme.components.height.md),
    padding: theme.spacing(0, 1),
    border: `1px solid ${theme.colors.border.medium}`,
  };
  const radius = theme.shape.radius.default;
  return (
    <div style={{ display: 'flex' }}>
      <div
        style={{
          ...box,
          borderRight: 'none',
          borderRadius: `${radius} 0 0 ${radius}`,
          background: theme.colors.background.primary,
          fontSize: theme.typography.bodySmall.fontSize,
          fontWeight: theme.typography.fontWeightMedium,
        }}
      >
        {variable.label}
      </div>
      <div style={{ ...box, gap: theme.spacing(2), borderRadius: `0 ${radius} ${radius} 0`, background: theme.components.input.background }}>
        {variable.text}
        <Icon name="angle-down" />
      </div>
    </div>
  );
}

const LINK_ICONS: Record<string, IconName> = {
  'external link': 'external-link-alt',
  dashboard: 'apps',
  question: 'question-circle',
  info: 'info-circle',
  bolt: 'bolt',
  doc: 'file-alt',
  cloud: 'cloud',
};

function linksOf(link: Link, { dashboard, siblings }: PictureRequest): Array<{ text: string; icon: IconName }> {
  if (link.type === 'link') {
    return [{ text: link.title, icon: LINK_ICONS[link.icon ?? ''] ?? 'external-link-alt' }];
  }
  if (link.asDropdown) {
    return [{ text: link.title, icon: 'bars' }];
  }
  const wanted = link.tags ?? [];
  const others = siblings.filter(({ uid }) => uid !== dashboard.uid);
  return others.filter(({ tags }) => wanted.every((tag) => tags.includes(tag))).map(({ title }) => ({ text: title, icon: 'apps' }));
}

export function Toolbar({ request, variables }: { request: PictureRequest; variables: Chosen[] }) {
  const theme = useTheme2();
  const { dashboard, rangeText } = request;
  const line = { display: 'flex', alignItems: 'center', gap: theme.spacing(1), flexWrap: 'wrap' as const };
  const links = (dashboard.links ?? []).flatMap((link) => linksOf(link, request));
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), padding: theme.spacing(2) }}>
      <div style={line}>
        <span style={{ color: theme.colors.text.secondary }}>Dashboards</span>
        <Icon name="angle-right" />
        <span style={{ fontSize: theme.typography.h5.fontSize, fontWeight: theme.typography.fontWeightMedium }}>{dashboard.title}</span>
        <span style={{ flexGrow: 1 }} />
        <ToolbarButtonRow alignment="right">
          <ToolbarButton variant="canvas" icon="clock-nine" isOpen={false}>
            {rangeName(rangeText)}
          </ToolbarButton>
          <RefreshPicker intervals={['30s']} value={dashboard.refresh || ''} onRefresh={() => {}} onIntervalChanged={() => {}} />
        </ToolbarButtonRow>
      </div>
      <div style={line}>
        {variables.filter(({ hidden }) => !hidden).map((variable) => <Select key={variable.name} variable={variable} />)}
        <span style={{ flexGrow: 1 }} />
        {links.map(({ text, icon }) => (
          <LinkButton key={text} variant="secondary" fill="outline" size="sm" icon={icon}>
            {text}
          </LinkButton>
        ))}
      </div>
    </div>
  );
}
