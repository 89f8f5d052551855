import { answered, follow, link, look, settle, visit } from '../browser.mjs';

const PATIENT = 'bruno-fixture';

/** The EHR's page with this address in its frame, once the frame is `ready`. */
async function framed(tab, portal, src, ready) {
  await visit(tab, `${portal}/portal?${new URLSearchParams({ src })}`);
  const frame = tab.frame({ name: 'app' });
  return [frame, await settle(frame, async () => ready(await look(frame)))];
}

/** Whether this browser does with the cookies of a frame what the scenario is about. */
async function knowsItsCookies(tab, { app, portal, thirdPartyCookies, claim }) {
  const isThere = page => page.text.includes('Third party');
  const [, page] = await framed(tab, portal, `${app}/third-party`, isThere);
  const expected = { blocked: 'No cookie.', allowed: 'The cookie came back.' }[thirdPartyCookies];
  claim(`third-party cookies are ${thirdPartyCookies}`, page.text.includes(expected), page.text);
}

async function launch(scenario) {
  const { portal, thirdPartyCookies, browsers, ask, claim } = scenario;
  const browser = await browsers.start({ thirdPartyCookies });
  const tab = browser.pages()[0];
  await knowsItsCookies(tab, scenario);
  const url = await ask('launch url', PATIENT);
  const [frame, page] = await framed(tab, portal, url, answered);
  claim('the frame is one of another site', tab.url().startsWith(portal) && page.url.startsWith(scenario.app), [tab.url(), page.url]);
  return { browser, frame, page, url };
}

export async function opens(scenario) {
  const { ask, claim } = scenario;
  const { frame, page } = await launch(scenario);
  claim.same('the patient is shown in the frame', [page.patient, page.code], [PATIENT, null]);
  const next = await follow(frame, '#orders', answered);
  claim.same('and on the next page', next.patient, PATIENT);
  claim.same('the EHR saw one token request', await ask('exchanges'), 1);
}

export async function reloads(scenario) {
  const { ask, claim } = scenario;
  const { frame, page } = await launch(scenario);
  await ask('refreshes fail');
  await ask('advance', 3580);
  const told = [];
  for (let visits = 0; visits < 7; visits += 1) {
    const outage = await visit(frame, page.url, answered);
    told.push(outage.status === 503 && outage.text.includes('by itself'));
  }
  claim('the first says that it loads itself again', told[0], told);
  claim('the last does not', !told.at(-1), told);
}

export async function withoutCookies(scenario) {
  const { ask, claim } = scenario;
  const { browser, frame, page, url } = await launch(scenario);
  claim.same('the frame says that cookies are blocked', [page.patient, page.code], [null, 'cookies-blocked']);
  claim.same('the EHR was not asked yet', await ask('authorizations'), 0);

  const offer = link(page, 'Open in a new window');
  claim.same('it offers a new window', offer?.target, '_blank');
  const parameters = address => {
    const { origin, pathname, searchParams } = new URL(address ?? 'about:blank');
    return [origin, pathname, searchParams.get('iss'), searchParams.get('launch')];
  };
  claim.same('for the same launch', parameters(offer?.href), parameters(url));
  if (!offer) return;

  const [opened] = await Promise.all([browser.waitForEvent('page'), frame.click('text=Open in a new window')]);
  const window = await settle(opened, async () => answered(await look(opened)));
  claim.same('the patient is shown in the new window', window.patient, PATIENT);
  claim.same('the EHR saw one token request', await ask('exchanges'), 1);
}

export async function signOut(scenario) {
  const { by, claim } = scenario;
  const { frame, page } = await launch(scenario);
  claim.same('the patient is shown in the frame', [page.patient, page.code], [PATIENT, null]);
  const out = await follow(frame, `#${by}`, page => page.code !== null);
  claim.same('the page says so', [out.status, out.code], [200, 'signed-out']);
  const after = await visit(frame, page.url, answered);
  claim.same('the launch has ended', [after.patient, after.code], [null, 'signed-out']);
}
