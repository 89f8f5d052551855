// The way of one launch, the same for each library: a line of JSON comes in that says what to do, one goes out that says how it went.
//
// In: {"kind", "clientId", "secret", "key", "alg", "keyId", "fhirBase", "tokenEndpoint", "launchUrls": [from the EHR, again, standalone], "redirectUri", "scope", "careful"}
//     Careful: it uses what the library has for an EHR that is strict.
// Out: {"version": …, "steps": {"launch": {"ok": …} or {"refused": "why"} or {"unsupported": "why"}, …}}; what needs a launch that did
// not come to its end is not there.

import { createPrivateKey, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

// Node.js 18 has them, and not under these names.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

/** In this order. Each is a method of an application, or is not supported by the library and says why. */
const STEPS = ['launch', 'id token', 'read', 'introspect', 'refresh', 'launch again', 'revoke', 'standalone', 'backend'];
const WITHOUT_LAUNCH = ['launch', 'backend'];

/** What an application throws for what the library has not. */
export class Unsupported extends Error {}

/** Does what each line of standard input says with an application of its own, written with this package. */
export async function follow(name, Application) {
  const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url)));
  for await (const line of createInterface({ input: process.stdin })) {
    const steps = await stepsOf(Application, JSON.parse(line));
    process.stdout.write(`${JSON.stringify({ version, steps })}\n`);
  }
}

async function stepsOf(Application, run) {
  const steps = {};
  let application;
  for (const step of STEPS) {
    if (!steps.launch?.ok && !WITHOUT_LAUNCH.includes(step)) continue;
    try {
      application ??= await Application.start(run);
      steps[step] = { ok: (await application[step]()) ?? null };
    } catch (error) {
      if (error instanceof Unsupported) steps[step] = { unsupported: error.message };
      else steps[step] = { refused: textOf(error) };
    }
  }
  await application?.stop?.();
  return steps;
}

function textOf(error) {
  const parts = [error.message, error.error, error.error_description, error.cause?.message, error.cause?.error_description];
  return parts.filter(part => typeof part === 'string').join(': ') || String(error);
}

/** Goes where the application sends the person, and gives back the address that the EHR sends the person to. */
export async function browse(url) {
  const answer = await fetch(url, { redirect: 'manual' });
  const location = answer.headers.get('location');
  if (!location) throw new Error(`${answer.status}: ${await answer.text()}`);
  return location;
}

/** What the authorization request of a launch has: of the EHR, by the address that it opens, or standalone. */
export function parametersOf(url, run) {
  const { searchParams } = new URL(url);
  const launch = searchParams.get('launch');
  const context = launch ? { launch } : {};
  return { aud: searchParams.get('iss'), scope: `${launch ? 'launch' : 'launch/patient'} ${run.scope}`, ...context };
}

/** A key of a file as the Web Crypto API has it. */
export async function privateKey(pem, alg) {
  const forms = { ES384: { name: 'ECDSA', namedCurve: 'P-384' }, RS384: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' } };
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return crypto.subtle.importKey('pkcs8', der, forms[alg], false, ['sign']);
}
