// Whether the description of the sandbox's control interface is OpenAPI, by a validator that others wrote, and whether what the interface
// takes and answers is as the description says. SANDBOX is the program.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const CLIENT = ['--client-id', 'my-app', '--redirect-uri', 'http://127.0.0.1:1/back', '--launch-url', 'http://127.0.0.1:1/launch'];
const program = spawn(process.env.SANDBOX, ['--port', '0', '--control', '0', ...CLIENT], { stdio: ['ignore', 'pipe', 'ignore'] });
try {
  const [line] = await once(createInterface(program.stdout), 'line');
  await check(new URL(JSON.parse(line.replace('ready ', '')).control).origin);
} finally {
  program.kill();
}

async function check(origin) {
  const document = await (await fetch(`${origin}/__sandbox/openapi.json`)).json();
  const judged = await new Validator().validate(document);
  assert(judged.valid, JSON.stringify(judged.errors, null, 1));

  const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));
  ajv.addSchema({ $id: 'openapi', components: document.components });
  const fits = (schema, value, what) => {
    const validate = ajv.compile({ $ref: `openapi${schema.$ref}` });
    assert(validate(value), `${what}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(value)}`);
  };
  const bodies = {
    ChangeSettings: { 'token-lifetime': 5, vendor: 'epic', 'key-ids': { 'in-tokens': 'k' }, export: { looks: 1 } },
    PutClient: { 'redirect-uris': ['http://127.0.0.1:1/back'], secret: 's', scopes: ['launch'] },
    Launch: { 'launch-url': 'http://127.0.0.1:1/launch', patient: 'bruno-fixture' },
    Inject: { on: 'jwks', when: 'after', fault: { 'oauth-error': { status: 400, error: 'e' } }, times: 3 },
    GrantOfToken: { token: 't' },
    RotateKey: { rotation: 'keep-old' },
  };
  await fetch(`${origin}/__sandbox/ehrs/ehr`);
  let answered = 0;
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (method === 'parameters') continue;
      const what = `${method} ${path}`;
      const address = path.replace('{ehr}', 'ehr').replace('{client}', 'my-app').replace('{grant}', '0');
      const body = bodies[operation.operationId];
      const takes = operation.requestBody?.content['application/json'].schema;
      assert.equal(Boolean(takes), Boolean(body), `${what} takes a body`);
      if (body) fits(takes, body, `${what}, what it takes`);
      const answer = await fetch(origin + address, { method: method.toUpperCase(), body: body && JSON.stringify(body) });
      const said = operation.responses[answer.status] ?? operation.responses['4XX'];
      assert(operation.responses[answer.status] || answer.status === 404, `${what}: ${answer.status}`);
      const schema = said.content?.['application/json'].schema;
      if (schema) fits(schema, await answer.json(), what);
      answered += 1;
    }
  }
  console.log(`${answered} operations are as they are described`);
}
