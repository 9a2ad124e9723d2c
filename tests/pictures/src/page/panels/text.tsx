// text: Markdown.
import { renderTextPanelMarkdown } from '@grafana/data';
import { optionsOf } from '../defaults';
import { fill } from '../template';
import type { PanelProps } from './props';

export function Text({ panel, values }: PanelProps) {
  const { content } = optionsOf<{ content: string }>(panel);
  return <div className="markdown-html" dangerouslySetInnerHTML={{ __html: renderTextPanelMarkdown(fill(content, values)) }} />;
}
