// One dashboard to one PNG.
import type { Page } from 'playwright-core';
import type { PictureReport, PictureRequest } from '../request';

/** Draws, waits until nothing is loading or moving any more, and takes the picture of the whole page. */
export async function takePicture(page: Page, request: PictureRequest, out: string): Promise<PictureReport> {
  const report = await page.evaluate((asked) => window.drawDashboard(asked), request);
  await page.waitForSelector('#root > *');
  const height = await page.evaluate(() => document.getElementById('root')?.scrollHeight ?? 0);
  await page.setViewportSize({ width: request.width, height });
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await page.screenshot({ path: out, fullPage: true, animations: 'disabled' });
  return report;
}
