// fhirclient (client-js) in a server of Node.js: a page that begins a launch and one that ends it, with a session.

import { createServer } from 'node:http';
import { createPrivateKey, randomUUID } from 'node:crypto';
import smart from 'fhirclient';
import { Unsupported, browse, follow, parametersOf } from './flow.mjs';

function credentials({ kind, secret, key, alg, keyId }) {
  switch (kind) {
    case 'public': return {};
    case 'secret in the header': return { clientSecret: secret };
    case 'ES384':
    case 'RS384': return { clientPrivateJwk: { ...createPrivateKey(key).export({ format: 'jwk' }), kid: keyId, alg } };
    default: throw new Unsupported('a secret goes into the header always');
  }
}

class Application {
  static async start(run) {
    const application = new Application();
    application.run = run;
    application.options = { clientId: run.clientId, redirectUri: run.redirectUri, ...credentials(run) };
    application.session = {};
    application.server = createServer((request, response) => application.answer(request, response));
    await new Promise(listens => application.server.listen(new URL(run.redirectUri).port, '127.0.0.1', listens));
    return application;
  }

  async answer(request, response) {
    request.session = this.session;
    const api = smart(request, response);
    try {
      if (this.run.careful && this.run.kind === 'public') api.options.refreshTokenWithClientId = true;
      const longState = this.run.careful ? { stateKey: randomUUID() } : {};
      const { scope } = parametersOf(this.launchUrl, this.run);
      if (request.url.startsWith('/launch')) await api.authorize({ ...this.options, scope, ...longState });
      else {
        this.client = await api.ready();
        response.end();
      }
    } catch (error) {
      this.error = error;
      response.writeHead(500).end();
    }
  }

  async stop() {
    await new Promise(closed => {
      this.server.close(closed);
      this.server.closeAllConnections();
    });
  }

  async begin(launchUrl) {
    this.error = undefined;
    this.launchUrl = launchUrl;
    let url = launchUrl;
    // To the EHR, and back to the application.
    for (let page = 0; page < 2 && !this.error; page += 1) url = await browse(url).catch(error => Promise.reject(this.error ?? error));
    await fetch(url);
    if (this.error) throw this.error;
    const { patient, scope } = this.client.state.tokenResponse;
    return { patient, scope };
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
    const { sub, fhirUser } = this.client.getIdToken();
    return { sub, fhirUser, signature: 'not checked' };
  }

  async read() {
    const { resourceType, id } = await this.client.patient.read();
    return { resourceType, id };
  }

  async introspect() {
    throw new Unsupported('it does not introspect');
  }

  async refresh() {
    const before = this.client.state.tokenResponse.access_token;
    const { tokenResponse } = await this.client.refresh();
    return { isNew: tokenResponse.access_token !== before };
  }

  async backend() {
    throw new Unsupported('it has no tokens without a launch');
  }

  async revoke() {
    throw new Unsupported('it does not revoke');
  }
}

await follow('fhirclient', Application);
