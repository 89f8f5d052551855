import { answered, visit } from '../browser.mjs';
import { SEVEN, SIX, authorize, isSignIn } from '../ehr.mjs';

/** A launch for patient six, and the address of one of its pages. */
async function ordersOfSix(tab, app, claim) {
  await visit(tab, `${app}/auth/launch`, isSignIn);
  const page = await authorize(tab, SIX);
  claim.same('a launch is open', page.patient, SIX);
  return page.url.replace('/patient', '/orders?order=17');
}

/** Follows a link into a launch, chooses a patient, and gives back where that leads. */
async function open(tab, link, patient, claim) {
  const page = await visit(tab, link, page => isSignIn(page) || answered(page));
  if (answered(page)) {
    claim.same('the page offers to start again', page.links[0]?.label, 'Start again');
    await visit(tab, page.links[0].href, isSignIn);
  }
  return authorize(tab, patient);
}

const path = url => new URL(url).pathname.replace(/^\/~[^/]+/, '') + new URL(url).search;

function landed(claim, page, patient, where) {
  claim.same('the chosen patient is shown', page.patient, patient);
  claim.same('the page is the right one', path(page.url), where);
}

export async function inAnotherBrowser({ app, browsers, claim }) {
  const link = await ordersOfSix((await browsers.start()).pages()[0], app, claim);
  const elsewhere = (await browsers.start()).pages()[0];
  landed(claim, await open(elsewhere, link, SEVEN, claim), SEVEN, '/patient');
}

export async function forgotten({ app, browsers, ask, claim }) {
  const tab = (await browsers.start()).pages()[0];
  const link = await ordersOfSix(tab, app, claim);
  // Idle for an hour, and remembered as such for a quarter.
  await ask('advance', 2 * 24 * 3600);
  landed(claim, await open(tab, link, SEVEN, claim), SEVEN, '/patient');
}

export async function known({ app, browsers, ask, claim }) {
  const tab = (await browsers.start()).pages()[0];
  const link = await ordersOfSix(tab, app, claim);
  await ask('advance', 3600);
  const same = await open(tab, link, SIX, claim);
  landed(claim, same, SIX, '/orders?order=17');
  await ask('advance', 3600);
  landed(claim, await open(tab, same.url, SEVEN, claim), SEVEN, '/patient');
}
