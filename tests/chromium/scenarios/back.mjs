import { answered, back, follow, link, reload, visit } from '../browser.mjs';
import { SEVEN, SIX, authorize, isSignIn } from '../ehr.mjs';

/** *Back* from the application to the first page of the EHR, loaded again: the one that is kept there is over. */
async function againAtTheEhr(tab, ehr, ready) {
  await back(tab, page => isSignIn(page) || answered(page), `${ehr}/authorize?`);
  return reload(tab, ready);
}

const state = tab => new URL(tab.url()).searchParams.get('state');

function used(claim, page) {
  claim.same('the page says that the sign-in was used', page.code, 'sign-in-used');
  claim.same('its status is 409', page.status, 409);
  claim.same('it shows no patient', page.patient, null);
}

/** A patient is chosen, then the person goes back and chooses another: same `state`, another code. */
export async function anotherPatient({ app, ehr, browsers, ask, claim }) {
  const tab = (await browsers.start()).pages()[0];
  await visit(tab, `${app}/auth/launch`, isSignIn);
  const begun = state(tab);
  const first = await authorize(tab, SIX);
  claim.same('the chosen patient is shown', first.patient, SIX);

  await againAtTheEhr(tab, ehr, isSignIn);
  claim.same('it is the same sign-in', state(tab), begun);
  const second = await authorize(tab, SEVEN);
  claim.same('the answer is to the same sign-in', state(tab), begun);
  used(claim, second);
  claim('its first action is to start again', second.links[0]?.label.includes('Start again'), second.links);
  claim('then it leads to the chart opened earlier', second.links[1]?.label.includes('Return to the chart already open'), second.links);
  claim.same('the EHR saw one token request', await ask('exchanges'), 1);

  const href = link(second, 'Return to the chart already open')?.href ?? first.url;
  const returned = await visit(tab, href, answered);
  claim.same('the chart opened earlier is that of the first patient', [returned.url, returned.patient], [first.url, SIX]);
  const again = await back(tab, answered);
  claim.same('the sign-in is as used as before', again.code, 'sign-in-used');
  await follow(tab, 'a:has-text("Start again")', isSignIn);
  claim('to start again is another sign-in', state(tab) !== begun, tab.url());
  const third = await authorize(tab, SEVEN);
  claim.same('started again, the other patient is shown', third.patient, SEVEN);
}

/** *Deny*, back, *Allow*. */
export async function denyThenAllow({ app, ehr, browsers, ask, claim }) {
  const tab = (await browsers.start()).pages()[0];
  await visit(tab, `${app}/auth/launch`, isSignIn);
  const denied = await authorize(tab, SIX, 'deny');
  claim.same('the refusal is told', [denied.status, denied.code], [403, 'access-denied']);

  await againAtTheEhr(tab, ehr, isSignIn);
  const allowed = await authorize(tab, SIX);
  used(claim, allowed);
  claim('its first action is to start again', allowed.links[0]?.label.includes('Start again'), allowed.links);
  claim('there is no chart to return to', !link(allowed, 'Return'), allowed.links);
  claim.same('the EHR saw no token request', await ask('exchanges'), 0);
}

/** The same from a chart. The EHR refuses the launch value the second time, so the other answer is an error. */
export async function launchFromTheEhr({ ehr, browsers, ask, claim }) {
  const tab = (await browsers.start()).pages()[0];
  await visit(tab, await ask('launch url', SIX), isSignIn);
  const first = await authorize(tab, null);
  claim.same('the patient of the chart is shown', first.patient, SIX);

  const second = await againAtTheEhr(tab, ehr, answered);
  used(claim, second);
  claim('it says to open the application again from the chart', second.text.includes("from the patient's chart"), second.text);
  claim('it offers no standalone launch', !link(second, 'Start again'), second.links);
  claim.same('the EHR saw one token request', await ask('exchanges'), 1);
  const returned = await visit(tab, link(second, 'Return to the chart already open')?.href ?? 'about:blank', answered);
  claim.same('the chart opened earlier is that of the patient', returned.patient, SIX);
}
