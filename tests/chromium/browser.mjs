// Chromium, with a profile of its own for each browser, and what a person does with its pages.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--ignore-certificate-errors',
  '--host-resolver-rules=MAP localhost 127.0.0.1, MAP app.test 127.0.0.1, MAP ehr.test 127.0.0.1',
];

/** How long a page may take. */
const PATIENCE = 10_000;

/** The browsers of one scenario. */
export class Browsers {
  constructor(world) {
    this.world = world;
    this.open = [];
  }

  /** A new browser that has never been anywhere. */
  async start({ thirdPartyCookies } = {}) {
    const profile = join(this.world.profiles, String(this.open.length));
    await mkdir(join(profile, 'Default'), { recursive: true });
    if (thirdPartyCookies) {
      const cookie_controls_mode = { allowed: 0, blocked: 1 }[thirdPartyCookies];
      await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify({ profile: { cookie_controls_mode } }));
    }
    const browser = await chromium.launchPersistentContext(profile, {
      executablePath: this.world.chromium,
      headless: true,
      args: SWITCHES,
      // What is tested is what this switches off.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
    });
    this.open.push(browser);
    browser.setDefaultTimeout(PATIENCE);
    await browser.addInitScript(() => addEventListener('pageshow', event => { window.restored = event.persisted; }));
    return browser;
  }

  async close() {
    await Promise.allSettled(this.open.map(browser => browser.close()));
  }
}

/**
 * What a page, or a frame, shows: its address, the HTTP status it came with, the code of a page of the crate, the patient
 * of a page of the application, its text and links, and whether the back/forward cache had it.
 */
export function look(frame) {
  return frame.evaluate(() => ({
    // Without the empty fragment that callbacks lead to: going there again would only scroll.
    url: location.href.replace(/#$/, ''),
    status: performance.getEntriesByType('navigation')[0]?.responseStatus,
    code: /Code: (\S+)/.exec(document.body.textContent)?.[1] ?? null,
    patient: document.querySelector('[data-patient]')?.dataset.patient ?? null,
    text: document.body.innerText,
    links: [...document.links].map(({ textContent, href, target }) => ({ label: textContent.trim(), href, target })),
    restored: window.restored ?? false,
  }));
}

let turns = 0;

/**
 * Does something that leads to another page and gives back what that shows. Waits until it is `ready`; what is there when
 * patience ends is for the claims to judge.
 */
export async function turn(frame, action, ready = () => true) {
  const left = (turns += 1);
  await frame.evaluate(left => { window.left = left; }, left);
  await action();
  return settle(frame, async () => {
    const there = await frame.evaluate(left => window.left !== left && document.readyState === 'complete', left);
    return there && ready(await look(frame));
  });
}

/** Opens an address. */
export const visit = (page, url, ready) => turn(page, () => page.goto(url), ready);

/** Clicks on what leads to another page. */
export const follow = (frame, selector, ready) => turn(frame, () => frame.click(selector, { noWaitAfter: true }), ready);

/** The *Back* button, pressed until the address begins with `to`; once by default. */
export const back = (page, ready, to = '') => turn(page, async () => {
  const session = await page.context().newCDPSession(page);
  const { currentIndex, entries } = await session.send('Page.getNavigationHistory');
  const entry = entries.slice(0, currentIndex).findLast(entry => entry.url.startsWith(to));
  await session.send('Page.navigateToHistoryEntry', { entryId: entry.id });
  await session.detach();
}, ready);

/** The *Reload* button. */
export const reload = (page, ready) => turn(page, () => page.reload(), ready);

/** What a page shows once it is `ready`. */
export async function settle(frame, ready) {
  const until = Date.now() + PATIENCE;
  for (;;) {
    // A page that is on its way cannot be looked at.
    const there = await Promise.resolve(ready()).catch(() => false);
    if (there || Date.now() > until) return look(frame);
    await new Promise(later => setTimeout(later, 25));
  }
}

/** Whether an answer of the application is there: a patient's page, or a page of the crate. */
export const answered = page => page.patient !== null || page.code !== null;

/** The first link with this label. */
export const link = (page, label) => page.links.find(link => link.label.includes(label));
