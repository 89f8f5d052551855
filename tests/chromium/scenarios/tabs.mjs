import { answered, reload, visit } from '../browser.mjs';
import { SEVEN, SIX, authorize, isSignIn } from '../ehr.mjs';

export async function firstLaunchesAtOnce({ app, browsers, ask, claim }) {
  const browser = await browsers.start();
  const [one, another] = [browser.pages()[0], await browser.newPage()];
  // The first waits for the EHR's metadata, and the second comes meanwhile.
  await ask('delay metadata');
  await Promise.all([one, another].map(tab => visit(tab, `${app}/auth/launch`, isSignIn)));
  claim.same('both began before the browser had a cookie', await ask('launches without cookies'), 2);

  const six = await authorize(one, SIX);
  claim.same('the first tab shows its patient', six.patient, SIX);
  const seven = await authorize(another, SEVEN);
  claim.same('the second tab shows its patient', seven.patient, SEVEN);
  claim.same('the first tab still does', (await reload(one, answered)).patient, SIX);
  claim.same('the second tab still does', (await reload(another, answered)).patient, SEVEN);
}
