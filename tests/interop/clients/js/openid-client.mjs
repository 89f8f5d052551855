// openid-client: finds everything by the discovery of OpenID Connect, and checks the signature of id tokens because it is told to.

import * as oidc from 'openid-client';
import { Unsupported, browse, follow, parametersOf, privateKey } from './flow.mjs';

async function credentials({ kind, secret, key, alg, keyId, careful, tokenEndpoint }) {
  switch (kind) {
    case 'public': return oidc.None();
    case 'secret in the header': return oidc.ClientSecretBasic(secret);
    case 'secret in the body': return oidc.ClientSecretPost(secret);
    case 'ES384':
    case 'RS384': {
      const asSmartWants = {
        [oidc.modifyAssertion](header, claims) {
          header.typ = 'JWT';
          claims.aud = tokenEndpoint;
        },
      };
      return oidc.PrivateKeyJwt({ key: await privateKey(key, alg), kid: keyId }, careful ? asSmartWants : {});
    }
    default: throw new Unsupported(`there is no ${kind}`);
  }
}

class Application {
  static async start(run) {
    const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
    const application = new Application();
    application.run = run;
    application.config = await oidc.discovery(new URL(run.fhirBase), run.clientId, {}, await credentials(run), { execute });
    return application;
  }

  async begin(launchUrl) {
    const verifier = oidc.randomPKCECodeVerifier();
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    const url = oidc.buildAuthorizationUrl(this.config, {
      redirect_uri: this.run.redirectUri,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...parametersOf(launchUrl, this.run),
    });
    const callback = new URL(await browse(url));
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
    this.tokens = await oidc.authorizationCodeGrant(this.config, callback, checks);
    return { patient: this.tokens.patient, scope: this.tokens.scope };
  }

  async launch() {
    return this.begin(this.run.launchUrls[0]);
  }

  async 'launch again'() {
    return this.begin(this.run.launchUrls[1]);
  }

  async standalone() {
    return this.begin(this.run.launchUrls[2]);
  }

  async 'id token'() {
    const { sub, fhirUser } = this.tokens.claims();
    return { sub, fhirUser, signature: 'checked' };
  }

  async read() {
    const url = new URL(`${this.run.fhirBase}/Patient/${this.tokens.patient}`);
    const answer = await oidc.fetchProtectedResource(this.config, this.tokens.access_token, url, 'GET');
    const { resourceType, id } = await answer.json();
    return { resourceType, id };
  }

  async introspect() {
    const { active, client_id } = await oidc.tokenIntrospection(this.config, this.tokens.access_token);
    return { active, client_id };
  }

  async refresh() {
    const before = this.tokens;
    const after = await oidc.refreshTokenGrant(this.config, before.refresh_token);
    this.tokens = { ...before, ...after };
    return { isNew: after.access_token !== before.access_token };
  }

  async backend() {
    if (this.run.kind === 'public') throw new Unsupported('a public client has no tokens for itself');
    const { access_token } = await oidc.clientCredentialsGrant(this.config, { scope: this.run.backendScope });
    const url = new URL(`${this.run.fhirBase}/Patient?_summary=count`);
    const answer = await oidc.fetchProtectedResource(this.config, access_token, url, 'GET');
    return { patients: (await answer.json()).total };
  }

  async revoke() {
    await oidc.tokenRevocation(this.config, this.tokens.refresh_token);
  }
}

await follow('openid-client', Application);
