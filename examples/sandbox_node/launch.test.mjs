// Tests of an application against the sandbox EHR, with Node.js 20 or later and nothing else.
//
//     cargo install actix-smart-auth --features sandbox-program
//     node --test examples/sandbox_node/launch.test.mjs
//
// `launched` stands for your application: in a test of yours, open the URL of the launch in it instead.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, beforeEach, test } from "node:test";

const PROGRAM = process.env.SANDBOX ?? "actix-smart-sandbox";
const CLIENT = "my-app";
const [CALLBACK, LAUNCH] = ["http://127.0.0.1:8080/auth/callback", "http://127.0.0.1:8080/auth/launch"];
const FLAGS = ["--port", "0", "--control", "0", "--client-id", CLIENT, "--redirect-uri", CALLBACK, "--launch-url", LAUNCH];

let program, ehr;

before(async () => {
    program = spawn(PROGRAM, FLAGS, { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(createInterface(program.stdout), "line");
    ehr = `${JSON.parse(line.replace("ready ", "")).control}/ehrs/ehr`;
});

after(async () => {
    program.kill();
    await once(program, "exit");
});

beforeEach(() => call("POST", `${ehr}/reset`));

test("the application reads the patient for whom it was launched", async () => {
    const { status, tokens, base } = await launched(await launch("bruno-fixture"));
    assert.deepEqual([status, tokens.patient], [200, "bruno-fixture"]);
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const patient = await (await fetch(`${base}/Patient/bruno-fixture`, { headers })).json();
    assert.equal(patient.name[0].family, "Fixture");
});

test("the application asks once when the EHR is down", async () => {
    await call("POST", `${ehr}/faults`, { on: "exchange", fault: { unavailable: { "retry-after": "5" } } });
    assert.equal((await launched(await launch("bruno-fixture"))).status, 503);
    const { requests } = await call("GET", `${ehr}/requests?endpoint=token&at-least=1&timeout=10`);
    assert.deepEqual(requests.map((request) => request.status), [503]);
    assert.equal(Object.fromEntries(requests[0].form).client_id, CLIENT);
});

async function call(method, url, body) {
    const answer = await fetch(url, { method, body: body && JSON.stringify(body) });
    assert(answer.ok, `${method} ${url}: ${answer.status}`);
    return answer.status === 204 ? undefined : answer.json();
}

const launch = async (patient) => (await call("POST", `${ehr}/launches`, { "launch-url": LAUNCH, patient })).url;

/** What a small SMART application does: the status and the answer of the exchange, and the FHIR base URL. */
async function launched(url) {
    const query = new URL(url).searchParams;
    const base = query.get("iss");
    const metadata = await (await fetch(`${base}/.well-known/smart-configuration`)).json();
    const verifier = randomBytes(48).toString("base64url");
    const asked = new URLSearchParams({
        response_type: "code", client_id: CLIENT, redirect_uri: CALLBACK, scope: "launch patient/*.rs",
        state: randomBytes(32).toString("base64url"), aud: base, launch: query.get("launch"),
        code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256",
    });
    const redirect = await fetch(`${metadata.authorization_endpoint}?${asked}`, { redirect: "manual" });
    const form = new URLSearchParams({
        grant_type: "authorization_code", code: new URL(redirect.headers.get("location")).searchParams.get("code"),
        redirect_uri: CALLBACK, client_id: CLIENT, code_verifier: verifier,
    });
    const answer = await fetch(metadata.token_endpoint, { method: "POST", body: form });
    return { status: answer.status, tokens: answer.ok ? await answer.json() : undefined, base };
}
