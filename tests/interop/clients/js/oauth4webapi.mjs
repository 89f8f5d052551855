// oauth4webapi: each request and each check is a call of its own.

import * as oauth from 'oauth4webapi';
import { Unsupported, browse, follow, parametersOf, privateKey } from './flow.mjs';

/** The sandbox is on this machine. */
const insecure = { [oauth.allowInsecureRequests]: true };

async function credentials({ kind, secret, key, alg, keyId, careful, tokenEndpoint }) {
  switch (kind) {
    case 'public': return oauth.None();
    case 'secret in the header': return oauth.ClientSecretBasic(secret);
    case 'secret in the body': return oauth.ClientSecretPost(secret);
    case 'ES384':
    case 'RS384': {
      const asSmartWants = {
        [oauth.modifyAssertion](header, claims) {
          header.typ = 'JWT';
          claims.aud = tokenEndpoint;
        },
      };
      return oauth.PrivateKeyJwt({ key: await privateKey(key, alg), kid: keyId }, careful ? asSmartWants : {});
    }
    default: throw new Unsupported(`there is no ${kind}`);
  }
}

class Application {
  static async start(run) {
    const application = new Application();
    application.run = run;
    application.client = { client_id: run.clientId };
    application.credentials = await credentials(run);
    const issuer = new URL(run.fhirBase);
    // Both documents have to be good; what the second one says is gone by.
    for (const algorithm of ['oauth2', 'oidc']) {
      const answer = await oauth.discoveryRequest(issuer, { algorithm, ...insecure });
      application.server = await oauth.processDiscoveryResponse(issuer, answer);
    }
    return application;
  }

  async begin(launchUrl) {
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const url = new URL(this.server.authorization_endpoint);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: this.run.clientId,
      redirect_uri: this.run.redirectUri,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...parametersOf(launchUrl, this.run),
    });
    const callback = oauth.validateAuthResponse(this.server, this.client, new URL(await browse(url)), state);
    const { server, client, credentials, run } = this;
    const answer = await oauth.authorizationCodeGrantRequest(server, client, credentials, callback, run.redirectUri, verifier, insecure);
    this.answer = answer;
    this.tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, { expectedNonce: nonce, requireIdToken: true });
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
    await oauth.validateApplicationLevelSignature(this.server, this.answer, insecure);
    const { sub, fhirUser } = oauth.getValidatedIdTokenClaims(this.tokens);
    return { sub, fhirUser, signature: 'checked' };
  }

  async read() {
    const url = new URL(`${this.run.fhirBase}/Patient/${this.tokens.patient}`);
    const answer = await oauth.protectedResourceRequest(this.tokens.access_token, 'GET', url, undefined, undefined, insecure);
    const { resourceType, id } = await answer.json();
    return { resourceType, id };
  }

  async introspect() {
    const { server, client, credentials } = this;
    const answer = await oauth.introspectionRequest(server, client, credentials, this.tokens.access_token, insecure);
    const { active, client_id } = await oauth.processIntrospectionResponse(server, client, answer);
    return { active, client_id };
  }

  async refresh() {
    const { server, client, credentials, tokens } = this;
    const answer = await oauth.refreshTokenGrantRequest(server, client, credentials, tokens.refresh_token, insecure);
    const after = await oauth.processRefreshTokenResponse(server, client, answer);
    this.tokens = { ...tokens, ...after };
    return { isNew: after.access_token !== tokens.access_token };
  }

  async backend() {
    if (this.run.kind === 'public') throw new Unsupported('a public client has no tokens for itself');
    const { server, client, credentials, run } = this;
    const form = { scope: run.backendScope };
    const answer = await oauth.clientCredentialsGrantRequest(server, client, credentials, form, insecure);
    const { access_token } = await oauth.processClientCredentialsResponse(server, client, answer);
    const url = new URL(`${run.fhirBase}/Patient?_summary=count`);
    const bundle = await oauth.protectedResourceRequest(access_token, 'GET', url, undefined, undefined, insecure);
    return { patients: (await bundle.json()).total };
  }

  async revoke() {
    const { server, client, credentials } = this;
    const answer = await oauth.revocationRequest(server, client, credentials, this.tokens.refresh_token, insecure);
    await oauth.processRevocationResponse(answer);
  }
}

await follow('oauth4webapi', Application);
