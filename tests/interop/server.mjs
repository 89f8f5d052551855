// An authorization server that nobody here wrote, dressed as an EHR: oidc-provider (certified by the OpenID Foundation)
// with the SMART metadata document, launches, the patient in the token response and one FHIR resource added.
//
//   node server.mjs http://127.0.0.1:PORT-OF-THE-APPLICATION
//
// It prints one line of JSON with its addresses when it listens, and ends when its standard input ends. Only for tests:
// people sign in and consent by themselves, `/control` obeys everybody, and all credentials are in this directory.

import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Provider, { errors } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

const application = process.argv[2];
const TOKEN_LIFETIME = 1800;
const SCOPES = [
  'openid', 'fhirUser', 'offline_access', 'online_access', 'launch', 'launch/patient', 'launch/encounter',
  'patient/*.rs', 'patient/Patient.rs', 'patient/Observation.rs', 'user/*.rs', 'patient/*.read', 'patient/Patient.read',
  'system/Patient.rs',
];
// What an application registers itself with.
const INITIAL_ACCESS_TOKEN = 'initial-access-token-of-interop';
// Any of these lets a token read the patient.
const READS_PATIENT = ['patient/*.rs', 'patient/Patient.rs', 'patient/*.read', 'patient/Patient.read'];

// What the EHR knows of each `launch` it handed out, and what a person picks when there is none.
const LAUNCHES = { 'launch+of/bruno==': { patient: 'bruno-fixture', encounter: 'visit-202' } };
const PICKED = { patient: 'amber-testwood' };
// What EHRs add to a token response beside the context; the last one means something to this EHR only.
const EXTRAS = { need_patient_banner: true, tenant: 'north wing', smart_style_url: '/style.json', x_interop: { ward: 7 } };

// What `/control` changes.
const control = { deny: false, decline: '', lose: 0, keys: 1, user: 'dr-odd' };
let requests = [];
const cookieKeys = [randomUUID()];
// The context by the id of the grant that it was given with.
const contexts = new Map();

// Moving the clock of the process moves everything that ages in it: codes, tokens, assertions, sessions.
let moved = 0;
const realNow = Date.now;
Date.now = () => realNow() + moved;

const server = createServer((request, response) => answer(request, response));
await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
const origin = `http://127.0.0.1:${server.address().port}`;
const fhirBase = `${origin}/fhir`;

// ---- clients -------------------------------------------------------------------------------------------------------

// A confidential client's id and secret cross HTTP Basic form-encoded (RFC 6749, section 2.3.1), so they have every
// kind of character that RFC 6749, appendix A allows. It allows no others: this server refuses an umlaut.
const ODD = '/+%&=:~"';

function clientOf(id, authentication) {
  return {
    client_id: `${id} app${ODD}`,
    redirect_uris: [`${application}/auth/callback`],
    grant_types: ['authorization_code', 'refresh_token'],
    ...authentication,
  };
}

function published(file, kid, alg) {
  const pem = readFileSync(new URL(`../fixtures/keys/${file}`, import.meta.url));
  return { keys: [{ ...createPublicKey(pem).export({ format: 'jwk' }), kid, alg, use: 'sig' }] };
}

function keyClient(alg, keys) {
  return { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: alg, ...keys };
}

const jwksUri = { jwks_uri: `${application}/.well-known/jwks.json` };
const clients = [
  clientOf('public', { token_endpoint_auth_method: 'none' }),
  clientOf('secret', { client_secret: `s3cret ${ODD}` }),
  { ...clientOf('', { client_secret: `s3cret ${ODD}` }), client_id: 'plain-app' },
  clientOf('rs384', keyClient('RS384', jwksUri)),
  clientOf('es384', keyClient('ES384', jwksUri)),
  // The same keys, read from their files by another library than the one that publishes them.
  clientOf('rs384 by value', keyClient('RS384', { jwks: published('rsa2048-public.pem', 'rsa-1', 'RS384') })),
  clientOf('es384 by value', keyClient('ES384', { jwks: published('p384-public.pem', 'ec-1', 'ES384') })),
];

// ---- the authorization server --------------------------------------------------------------------------------------

// Under another name it does not warn that it is not for production.
class Memory extends MemoryAdapter {}

// A new one with a new key when keys are rotated; what it issued is kept by its module and stays valid.
function makeProvider() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: `key-${control.keys}`, alg: 'RS256', use: 'sig' };
  const made = new Provider(origin, {
    clients,
    clientAuthMethods: ['none', 'client_secret_basic', 'private_key_jwt'],
    // SMART's two; by default this server takes neither.
    enabledJWA: { clientAuthSigningAlgValues: ['RS384', 'ES384'] },
    adapter: Memory,
    jwks: { keys: [key] },
    cookies: { keys: cookieKeys },
    responseTypes: ['code'],
    scopes: SCOPES,
    claims: { openid: ['sub'], fhirUser: ['fhirUser'] },
    // `fhirUser` in the id token, where SMART wants it, and not only at the userinfo endpoint.
    conformIdTokenClaims: false,
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, fhirUser: `${fhirBase}/Practitioner/${sub}` }),
    }),
    pkce: { required: () => true, methods: ['S256'] },
    extraParams: { aud: rightAudience, launch: knownLaunch },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    // A launch has a context of its own, so what was granted to an earlier one is not taken again.
    loadExistingGrant: ({ oidc }) => (oidc.result?.consent ? oidc.provider.Grant.find(oidc.result.consent.grantId) : undefined),
    issueRefreshToken: (_, __, { scopes }) => scopes.has('offline_access') || scopes.has('online_access'),
    // A used refresh token that comes again ends everything that was granted with it.
    rotateRefreshToken: true,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      registration: { enabled: true, initialAccessToken: INITIAL_ACCESS_TOKEN },
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
      revocation: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_, client, token) => client.clientId === token.clientId },
    },
    ttl: {
      AuthorizationCode: 60, AccessToken: TOKEN_LIFETIME, IdToken: TOKEN_LIFETIME, Interaction: 600,
      RefreshToken: 1_209_600, Grant: 1_209_600, Session: 1_209_600,
    },
  });
  for (const name of [
    'grant', 'authorization', 'revocation', 'introspection', 'registration_create', 'registration_read',
    'registration_update', 'registration_delete',
  ]) {
    made.on(`${name}.error`, noteDetail);
  }
  made.on('server_error', (ctx, error) => { noteDetail(ctx, error); console.error(error); });
  [record, obey, fhir, signIn, smartToken].forEach((middleware) => made.use(middleware));
  return made;
}

function rightAudience(_, aud) {
  if (aud !== fhirBase) throw new errors.InvalidRequest('aud is not this FHIR server');
}

function knownLaunch(ctx, launch) {
  const asked = ctx.oidc.params.scope?.split(' ').includes('launch') ?? false;
  if (asked !== (launch !== undefined)) throw new errors.InvalidRequest('launch and its scope come together');
  if (launch !== undefined && !LAUNCHES[launch]) throw new errors.InvalidRequest('no such launch');
}

// The person: signs in and consents at once, or says no.
async function signIn(ctx, next) {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  ctx.respond = false;
  if (control.deny) {
    const error_description = 'Dr. Odd pressed <No> & left';
    return provider.interactionFinished(ctx.req, ctx.res, { error: 'access_denied', error_description });
  }
  const grant = new provider.Grant({ accountId: control.user, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  if (control.decline) grant.rejectOIDCScope(control.decline);
  const grantId = await grant.save();
  contexts.set(grantId, params.launch ? LAUNCHES[params.launch] : PICKED);
  return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: control.user }, consent: { grantId } });
}

// The patient belongs into the answer to a code. A refresh brings none: then the launch keeps the one that it has.
async function smartToken(ctx, next) {
  await next();
  if (ctx.path === '/token/introspection' && ctx.body.active) {
    Object.assign(ctx.body, contexts.get(ctx.oidc.entities.Grant.jti));
  }
  if (ctx.path !== '/token' || ctx.status !== 200) return;
  if (ctx.oidc.params.grant_type === 'authorization_code') {
    Object.assign(ctx.body, contexts.get(ctx.oidc.entities.Grant.jti), EXTRAS);
  }
  if (control.lose > 0) {
    control.lose -= 1;
    ctx.respond = false;
    ctx.req.socket.destroy();
  }
}

// ---- the FHIR server -----------------------------------------------------------------------------------------------

async function fhir(ctx, next) {
  if (ctx.path === '/fhir/.well-known/smart-configuration') {
    ctx.body = smartConfiguration;
    return undefined;
  }
  const id = ctx.path.match(/^\/fhir\/Patient\/([^/]+)$/)?.[1];
  if (!id) return next();
  const [scheme, value] = ctx.get('authorization').split(' ');
  const token = scheme === 'Bearer' && value ? await provider.AccessToken.find(value) : undefined;
  const allowed = READS_PATIENT.some((scope) => token?.scopes.has(scope)) && contexts.get(token.grantId).patient === id;
  ctx.status = !token?.isValid ? 401 : allowed ? 200 : 403;
  ctx.body = ctx.status === 200 ? { resourceType: 'Patient', id } : { resourceType: 'OperationOutcome' };
  return undefined;
}

// ---- the tests' view -----------------------------------------------------------------------------------------------

// Every request but those for this view, with the credentials that came with it. `detail` is for no client's eyes.
async function record(ctx, next) {
  if (ctx.path === '/control') return next();
  const entry = {
    method: ctx.method, path: ctx.path, query: { ...ctx.query },
    authorization: ctx.get('authorization'), epicClientId: ctx.get('epic-client-id'),
  };
  ctx.state.entry = entry;
  requests.push(entry);
  await next();
  entry.form = ctx.oidc?.body;
  entry.status = ctx.status;
  return undefined;
}

// The reason that a client is not told, or is told in general words only.
function noteDetail(ctx, error) {
  ctx.state.entry.error = error.error ?? error.message;
  ctx.state.entry.detail = error.error_detail ?? error.error_description;
}

// GET /control answers with what was recorded, after doing as it is told:
//   advance=SECONDS  moves the clock          decline=SCOPES  are not granted from now on
//   deny=1 or 0      the person says no       lose=COUNT      breaks the connections of so many answers from /token
//   rotate=1         id tokens get a new key, and the old one is not published any more
//   user=NAME        signs in from now on     forget=1        begins a new record
async function obey(ctx, next) {
  if (ctx.path !== '/control') return next();
  const { advance, deny, decline, lose, rotate, user, forget } = ctx.query;
  if (advance) moved += Number(advance) * 1000;
  if (deny) control.deny = deny === '1';
  if (decline !== undefined) control.decline = decline;
  if (lose) control.lose = Number(lose);
  if (user) control.user = user;
  if (forget) requests = [];
  if (rotate) {
    control.keys += 1;
    provider = makeProvider();
    answer = provider.callback();
  }
  ctx.body = { requests };
  return undefined;
}

let provider = makeProvider();
let answer = provider.callback();

// The provider's own metadata, plus what SMART adds.
const openid = await (await fetch(`${origin}/.well-known/openid-configuration`)).json();
const smartConfiguration = {
  ...openid,
  capabilities: [
    'launch-ehr', 'launch-standalone', 'authorize-post', 'client-public', 'client-confidential-symmetric',
    'client-confidential-asymmetric', 'sso-openid-connect', 'context-ehr-patient', 'context-ehr-encounter',
    'context-standalone-patient', 'permission-offline', 'permission-online', 'permission-patient', 'permission-user',
    'permission-v1', 'permission-v2',
  ],
};
requests = [];

process.stdin.on('end', () => process.exit()).resume();
console.log(JSON.stringify({ origin, fhirBase }));
