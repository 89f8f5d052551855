import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { answered, follow, reload, visit } from '../browser.mjs';
import { SIX, isSignIn } from '../ehr.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** How axe-core looks at a page. */
const LOOKS = {
  'desk, day': { width: 1000, colorScheme: 'light' },
  'desk, night': { width: 1000, colorScheme: 'dark' },
  'phone, day': { width: 320, colorScheme: 'light' },
  'phone, night': { width: 320, colorScheme: 'dark' },
};

/** Where every page has to fit: a small phone, and a desk at 200 %, where half as many pixels are left. */
const WIDTHS = [320, 500];

/** The page of the crate that the documentation shows: German, with a brand and all that is folded. */
const PICTURED = /\/de-\d+-ehr-error-brand$/;

/** A finger's width, in CSS pixels. */
const TARGET = 44;

/** What is wrong with the page that a tab shows: findings of axe-core in these looks, and what does not fit or cannot be hit. */
async function wrong(tab, looks) {
  const found = [];
  await tab.evaluate(axe);
  await tab.evaluate(() => document.querySelectorAll('details').forEach(details => { details.open = true; }));
  for (const look of looks) {
    const { width, colorScheme } = LOOKS[look];
    await tab.setViewportSize({ width, height: 800 });
    await tab.emulateMedia({ colorScheme });
    const { violations } = await tab.evaluate(() => window.axe.run({ resultTypes: ['violations'], preload: false }));
    found.push(...violations.map(({ id, nodes }) => `${look}: ${id}: ${nodes[0].html} ${nodes[0].failureSummary}`));
  }
  for (const width of WIDTHS) {
    await tab.setViewportSize({ width, height: 800 });
    const { beside, small } = await tab.evaluate(least => {
      // A link in a line of text is as high as the line, and may be (WCAG 2.5.5). A box is hit by its label, too.
      const hit = target => (target.matches('[type=checkbox], [type=radio]') && target.closest('label')) || target;
      const inText = target => target.matches('p a') && getComputedStyle(target).display === 'inline';
      const size = target => target.getBoundingClientRect();
      return {
        beside: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        small: [...document.querySelectorAll('a, button, summary, input:not([type=hidden])')]
          .filter(target => !inText(target))
          .filter(target => Math.min(size(hit(target)).height, size(hit(target)).width) < least)
          .map(target => `${size(hit(target)).width} × ${size(hit(target)).height}: ${target.outerHTML}`),
      };
    }, TARGET);
    if (beside > 0) found.push(`${width} px: ${beside} px stand beside the page`);
    found.push(...small.map(target => `${width} px: smaller than ${TARGET} px: ${target}`));
  }
  return found;
}

/** A picture for the documentation, where they are wanted: of the top of the page, as wide as README. */
async function picture(tab, pictures, name, { height, colorScheme }) {
  if (!pictures) return;
  await tab.setViewportSize({ width: 1200, height });
  await tab.emulateMedia({ colorScheme });
  await tab.screenshot({ path: `${pictures}/${name}.png` });
}

/** Every page of the gallery, in the looks that the test chose for it. */
export async function everyPage({ app, pages, pictures, browsers, claim }) {
  const tab = (await browsers.start()).pages()[0];
  const found = [];
  for (const { path, looks } of pages) {
    const answer = await tab.goto(app + path);
    if (answer.status() !== 200) found.push(`${path}: ${answer.status()}`);
    found.push(...(await wrong(tab, looks)).map(it => `${path}: ${it}`));
    if (PICTURED.test(path)) await picture(tab, pictures, 'page', { height: 560, colorScheme: 'dark' });
  }
  claim('there are pages', pages.length > 50, pages.length);
  claim.same('every page can be used by everybody', found, []);
}

/** The page of a tab, in every look. */
async function usable(tab, name, claim) {
  claim.same(`${name} can be used by everybody`, await wrong(tab, Object.keys(LOOKS)), []);
}

/** What a person sees of the sandbox, up to the consent, and then of the patient in an application. */
export async function sandbox({ app, ehr, browsers, claim }) {
  const tab = (await browsers.start()).pages()[0];
  await visit(tab, `${ehr}/`);
  claim('the start page has links', await tab.locator('a').count() > 0);
  await usable(tab, 'the start page', claim);
  await follow(tab, 'a.card');
  claim('a patient has buttons', await tab.locator('button').count() > 0);
  await usable(tab, 'the page of a patient', claim);
  await follow(tab, 'button[value=third-party-frame]');
  claim('there is a frame', await tab.locator('iframe').isVisible());
  await usable(tab, 'the page around an application', claim);
  claim('the EHR asks who it is', isSignIn(await visit(tab, `${app}/auth/launch`, isSignIn)));
  await usable(tab, 'the sign-in', claim);
  await follow(tab, 'text=Sign in as Dr. Paula Pretend');
  claim('the EHR asks for a patient', await tab.locator(`button[value=${SIX}]`).isVisible());
  await usable(tab, 'the patient picker', claim);
  await follow(tab, `button[value=${SIX}]`);
  claim('the EHR asks for consent', await tab.locator('button[value=allow]').isVisible());
  await usable(tab, 'the consent', claim);
  const { url } = await follow(tab, 'button[value=allow]', answered);
  await visit(tab, url.replace('/patient', '/banner'));
  claim('there is a banner', await tab.locator('section.smart-patient-banner').isVisible());
  await usable(tab, 'the banner of the patient', claim);
}

/** The demo: where one begins, and a patient with the developer's drawer open. */
export async function demo({ app, pictures, browsers, claim }) {
  const tab = (await browsers.start()).pages()[0];
  await visit(tab, `${app}/`);
  claim('the demo offers to sign in', await tab.locator('text=Sign in').first().isVisible());
  await usable(tab, 'the home page', claim);
  await visit(tab, `${app}/auth/launch`, page => page.url.includes('/~'));
  claim('there is a drawer', await tab.locator('details').count() === 1);
  await picture(tab, pictures, 'patient-app', { height: 760, colorScheme: 'light' });
  await usable(tab, 'the patient page', claim);
}

/** *Refresh now*, in the developer's drawer. */
export async function refreshNow({ app, browsers, claim }) {
  const tab = (await browsers.start()).pages()[0];
  const { url } = await visit(tab, `${app}/auth/launch`, page => page.url.includes('/~'));
  // With the cookies of this browser, and without the policy of its pages.
  const { request } = tab.context();
  claim.same('who asks for the head of a chart gets that', (await request.head(url)).status(), 200);
  claim.same('nobody keeps the metrics', (await request.get(`${app}/metrics`)).headers()['cache-control'], 'no-store');
  await tab.click('summary');
  await follow(tab, 'text=Refresh now');
  const told = () => tab.locator('[role=status]').count();
  const drawer = () => tab.evaluate(() => document.querySelector('details').open);
  claim('the page says what was done', await tab.locator('details [role=status]').isVisible());
  claim('the drawer is open', await drawer());
  claim('the address is the same', !tab.url().includes('?'), tab.url());
  await reload(tab);
  claim.same('a reload does not say it again', await told(), 0);
}

/** While the launch has a token, a page waits for the EHR no longer than a person does. */
export async function hangingEhr({ app, ask, browsers, claim }) {
  const tab = (await browsers.start()).pages()[0];
  const { url } = await visit(tab, `${app}/auth/launch`, page => page.url.includes('/~'));
  await ask('the FHIR server hangs');
  const began = Date.now();
  const page = await visit(tab, url.replace(/#.*/, ''));
  // The library waits for 30 s.
  claim('it answers soon', Date.now() - began < 15_000, Date.now() - began);
  claim('and says why there is nothing', page.text.includes('takes longer than usual'), page.text);
  claim('and that nobody is signed out', page.text.includes('You are still signed in'), page.text);
}
