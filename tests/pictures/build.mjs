// Bundles the program (for node) and the page (for Chromium) into dist/.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const shared = {
  absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
  bundle: true,
  format: 'esm',
  logLevel: 'warning',
};

await Promise.all([
  build({
    ...shared,
    entryPoints: { program: 'src/program/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    target: 'node20',
    packages: 'external',
  }),
  build({
    ...shared,
    entryPoints: { page: 'src/page/main.tsx' },
    outdir: 'dist/page',
    platform: 'browser',
    target: 'chrome115',
    jsx: 'automatic',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    loader: { '.woff': 'file', '.woff2': 'file', '.svg': 'file', '.ttf': 'file' },
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  }),
]);
