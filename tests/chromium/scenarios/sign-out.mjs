import { answered, back, follow, visit } from '../browser.mjs';
import { SEVEN, SIX, authorize, isSignIn } from '../ehr.mjs';

/** A launch for a patient, at the page that a person then leaves. */
async function openAt(tab, app, page, patient) {
  await visit(tab, `${app}/auth/launch`, isSignIn);
  await authorize(tab, patient);
  return page === 'private' ? follow(tab, '#private', answered) : follow(tab, '#orders', answered);
}

/** Without a sign-out *Back* finds the page in the back/forward cache. Otherwise the rest would prove nothing. */
async function cacheIsAtWork(tab, claim, patient) {
  await follow(tab, '#plain');
  const page = await back(tab, answered);
  claim.same('the back/forward cache is at work: before the sign-out it has the page', [page.restored, page.patient], [true, patient]);
}

/** *Back* is not the cache's page, and not a sign-in at the EHR, but a page that says what happened. */
async function backSays(code, { tab, app, ask, claim }) {
  const authorizations = await ask('authorizations');
  const page = await back(tab);
  claim.same('Back shows no patient', page.patient, null);
  claim('Back finds nothing in the back/forward cache', !page.restored, page);
  claim('Back stays in the application', page.url.startsWith(app), page.url);
  claim.same('Back says what happened', page.code, code);
  claim.same('Back begins no launch', await ask('authorizations'), authorizations);
}

/** The page, its sign-out (`one`, `all`) or a handler that ends the launch (`end`), and twice *Back*. */
export async function inThisTab({ app, page, by, browsers, ask, claim }) {
  const tab = (await browsers.start()).pages()[0];
  await openAt(tab, app, page, SIX);
  await cacheIsAtWork(tab, claim, SIX);
  const out = await follow(tab, `#${by}`);
  if (by === 'end') claim('the handler has ended it', out.text.includes('Ended'), out);
  else claim.same('the page says so', [out.status, out.code], [200, 'signed-out']);
  await backSays('signed-out', { tab, app, ask, claim });
  await backSays('signed-out', { tab, app, ask, claim });
}

/** A page is left; in another tab, with another patient, somebody signs out of everything. */
export async function inAnotherTab({ app, page, browsers, ask, claim }) {
  const browser = await browsers.start();
  const [tab, another] = [browser.pages()[0], await browser.newPage()];
  await openAt(another, app, page, SEVEN);
  await tab.bringToFront();
  await openAt(tab, app, page, SIX);
  await cacheIsAtWork(tab, claim, SIX);
  await follow(tab, '#plain');
  await another.bringToFront();
  const out = await follow(another, '#all');
  claim.same('the page says so', [out.status, out.code], [200, 'signed-out']);
  await tab.bringToFront();
  await backSays('signed-out', { tab, app, ask, claim });
}

/** Nobody was there for an hour, and the next page says so. From a chart: no launch in the application takes its place. */
export async function idle({ app, page, browsers, ask, claim }) {
  const tab = (await browsers.start()).pages()[0];
  await visit(tab, await ask('launch url', SIX), isSignIn);
  await authorize(tab, null);
  if (page === 'private') await follow(tab, '#private', answered);
  await cacheIsAtWork(tab, claim, SIX);
  await ask('advance', 3600);
  const over = await follow(tab, '#orders', answered);
  claim.same('the page says so', [over.status, over.code], [401, 'idle']);
  await backSays('idle', { tab, app, ask, claim });
}

/** The application's session is gone, and with it what it knew of this browser's launches. */
export async function sessionLost({ app, browsers, claim }) {
  const tab = (await browsers.start()).pages()[0];
  await visit(tab, `${app}/auth/launch`, isSignIn);
  const open = await authorize(tab, SIX);
  claim.same('the launch is open', open.patient, SIX);
  await follow(tab, '#purge', page => page.text.includes('Session lost'));
  const kept = await visit(tab, open.url, answered);
  claim.same('the launch does not need the session', kept.patient, SIX);
  const out = await follow(tab, '#all', answered);
  claim.same('the page says that everything is signed out', [out.status, out.code], [200, 'signed-out']);
  const after = await visit(tab, open.url, page => isSignIn(page) || answered(page));
  claim.same('and so it is', [after.patient, after.code], [null, 'signed-out']);
}

/** The EHR is told too: from a page with `form-action 'self'`, and once. */
export async function atTheEhr({ app, ehr, by, browsers, claim }) {
  const tab = (await browsers.start()).pages()[0];
  await visit(tab, `${app}/auth/launch`, isSignIn);
  await authorize(tab, SIX);
  const there = await follow(tab, `#${by}`, page => page.url.startsWith(ehr));
  claim('the browser is at the EHR', there.url.startsWith(ehr), there);
  claim('with the way back', new URL(there.url).searchParams.get('post_logout_redirect_uri') === `${app}/auth/logout`, there.url);
  const home = await visit(tab, `${app}/auth/logout`, answered);
  claim.same('the page says so', [home.status, home.code], [200, 'signed-out']);
  claim('and stays, with a way to the EHR', home.url.startsWith(app) && home.links.some(({ href }) => href.startsWith(ehr)), home);
  const again = await back(tab);
  claim.same('Back shows no patient', again.patient, null);
}
