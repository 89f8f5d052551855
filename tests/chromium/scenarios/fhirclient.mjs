import { reload, settle, visit } from '../browser.mjs';
import { SIX } from '../ehr.mjs';

const answered = page => page.patient !== null || page.text.includes('Error');

/** What the library keeps of the launch. */
const kept = page => page.evaluate(() => JSON.parse(sessionStorage[JSON.parse(sessionStorage.SMART_KEY)]).tokenResponse);

/** The status that a script of the page gets, or that its browser keeps the answer from it. */
const fetched = (page, url, token) => page.evaluate(
  async ([url, token]) => fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {} }).then(
    answer => answer.status,
    error => error.name,
  ),
  [url, token],
);

export async function fromAnotherOrigin({ app, stranger, ehr, fhir, browsers, ask, claim }) {
  const browser = await browsers.start();
  const tab = browser.pages()[0];
  const shown = await visit(tab, await ask('launch url', SIX), answered);
  claim('the page is of another origin than the EHR', shown.url.startsWith(app) && !app.startsWith(ehr), shown.url);
  claim.same('it shows the patient of the launch', shown.patient, SIX);
  claim('it shows who is signed in', shown.text.includes('User: '), shown.text);

  const before = await kept(tab);
  claim('the tokens are in the storage of the tab', Boolean(before.access_token && before.refresh_token), before);
  await tab.click('#refresh');
  const refreshed = await settle(tab, async () => (await tab.innerText('body')).includes('after a refresh: '));
  claim('a refresh works, and so does the new token', /after a refresh: [1-9]/.test(refreshed.text), refreshed.text);
  const after = await kept(tab);
  claim('both tokens are new', after.access_token !== before.access_token && after.refresh_token !== before.refresh_token, after);
  claim.same('the EHR has seen one refresh', await ask('refreshes'), 1);

  const again = await reload(tab, answered);
  claim.same('a reload shows the same patient', again.patient, SIX);
  claim('the address has no code any more', !again.url.includes('code='), again.url);

  const other = await browser.newPage();
  await visit(other, `${stranger}/fhir-client.js`);
  const patient = `${fhir}/Patient/${SIX}`;
  claim.same('the application may read with its token', await fetched(tab, patient, after.access_token), 200);
  claim.same('an origin that is not registered may not', await fetched(other, patient, after.access_token), 'TypeError');
  const description = `${fhir}/.well-known/smart-configuration`;
  claim.same('it may read what the server says about itself', await fetched(other, description), 200);
}

export async function withAKey({ browsers, ask, claim }) {
  const browser = await browsers.start();
  const tab = browser.pages()[0];
  const shown = await visit(tab, await ask('launch url', SIX), answered);
  claim.same('it shows the patient of the launch', shown.patient, SIX);
  await tab.click('#refresh');
  const refused = await settle(tab, async () => (await tab.innerText('body')).includes('No refresh: '));
  claim('the EHR cannot know who refreshes', refused.text.includes('does not say which client sent it'), refused.text);
  claim.same('the EHR has seen no refresh', await ask('refreshes'), 0);
}
