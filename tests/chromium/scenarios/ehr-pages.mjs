import { answered, follow, link, look, settle, visit } from '../browser.mjs';
import { authorize, isSignIn } from '../ehr.mjs';

const PATIENT = 'bruno-fixture';

/** From the patient list into a frame: the search, the patient, a visit, and the button. Gives back the frame once it is `ready`. */
async function launch({ ehr, browsers, claim }, button, ready) {
  const tab = (await browsers.start()).pages()[0];
  await visit(tab, `${ehr}/`);
  await tab.fill('input[type=search]', 'bruno 1948');
  const list = await follow(tab, 'text=Search');
  claim.same('the search finds one patient', list.links.length, 1);
  await follow(tab, 'a.card');
  await tab.selectOption('select', 'visit-202');
  await follow(tab, `button[value=${button}]`);
  const frame = tab.frames()[1];
  const shown = await settle(frame, async () => ready(await look(frame)));
  const around = await look(tab);
  claim('the page around it says who the patient is', around.text.includes('Bruno Fixture') && around.text.includes('SBX-1074'), around.text);
  return { frame, shown, around };
}

const host = page => new URL(page.url).hostname;

export async function ownSite(scenario) {
  const { claim } = scenario;
  const { frame, shown, around } = await launch(scenario, 'own-site-frame', isSignIn);
  claim.same('the page has the host of the application', host(around), new URL(scenario.app).hostname);
  claim('the EHR asks in the frame who it is', isSignIn(shown), shown);
  const page = await authorize(frame, null);
  claim.same('the patient is shown in the frame', [page.patient, page.code], [PATIENT, null]);
}

export async function thirdParty(scenario) {
  const { ask, claim } = scenario;
  const { shown, around } = await launch(scenario, 'third-party-frame', answered);
  claim('the page has another host than the application', host(around) !== new URL(scenario.app).hostname, around.url);
  claim.same('cookies for its own site do not come into the frame', [shown.patient, shown.code], [null, 'cookies-blocked']);
  claim.same('the EHR was not asked yet', await ask('authorizations'), 0);
  claim.same('it offers a new window', link(shown, 'Open in a new window')?.target, '_blank');
}
