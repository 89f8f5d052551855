// The sandbox's pages, as a person walks through them.

import { answered, follow } from './browser.mjs';

/** The sixth and the seventh patient of the picker. */
export const SIX = 'felix-demostein';
export const SEVEN = 'greta-o-placeholder';

export const isSignIn = page => page.text.includes('Sign in as');

/** From the sign-in page to the answer of the application. `patient` is `null` where the EHR knows it already. */
export async function authorize(page, patient, decision = 'allow') {
  await follow(page, 'text=Sign in as Dr. Paula Pretend');
  if (patient) await follow(page, `button[value=${patient}]`);
  return follow(page, `button[value=${decision}]`, answered);
}
