// Puts the values of variables into an expression, a title or a link, as Grafana does.
const REFERENCE = /\$\{(\w+)(?:\.[^:}]+)?(?::(\w+))?\}|\[\[(\w+)(?::(\w+))?\]\]|\$([A-Za-z_]\w*)/g;

export type Values = Record<string, string>;

/** Replaces what is known and leaves the rest as it stands. */
export function fill(text: string, values: Values): string {
  return text.replace(REFERENCE, (whole, braced?: string, _format?: string, bracketed?: string, _f?: string, bare?: string) => {
    return values[braced ?? bracketed ?? bare ?? ''] ?? whole;
  });
}

/** The variables that an expression names and nobody defines. */
export function unknownIn(text: string, values: Values): string[] {
  const names = [...text.matchAll(REFERENCE)].map((match) => match[1] ?? match[3] ?? match[5] ?? '');
  return [...new Set(names)].filter((name) => !(name in values));
}
