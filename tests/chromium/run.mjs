// Plays one scenario: node run.mjs <file>.<function> <world as JSON>
//
// Each line that it writes is JSON: a claim ({"claim": "…", "holds": true, "seen": …}), a question to the test
// ({"ask": "…", "detail": …}), which is answered by a line of JSON, or the end ({"end": true}).

import { createInterface } from 'node:readline';
import { Browsers } from './browser.mjs';

const [, , scenario, json] = process.argv;
const world = JSON.parse(json);
const say = line => process.stdout.write(`${JSON.stringify(line)}\n`);

const waiting = [];
const test = createInterface({ input: process.stdin });
test.on('line', line => waiting.shift()(JSON.parse(line)));
// The test is gone, and nobody else would end this.
test.on('close', () => process.exit(1));

/** Asks the test, which runs the servers. What it knows stands in `application.rs`. */
function ask(question, detail) {
  say({ ask: question, detail });
  return new Promise(answered => waiting.push(answered));
}

/** Claims that something holds; `seen` is told when it does not. */
function claim(what, holds, seen) {
  say({ claim: what, holds: holds === true, seen: seen ?? null });
}

/** Claims that two values are the same. */
claim.same = (what, seen, expected) => claim(what, JSON.stringify(seen) === JSON.stringify(expected), { seen, expected });

const browsers = new Browsers(world);
try {
  const [file, name] = scenario.split('.');
  const scenarios = await import(`./scenarios/${file}.mjs`);
  await scenarios[name]({ ...world.addresses, ...world.options, browsers, ask, claim });
} catch (error) {
  claim('every step can be taken', false, error.stack);
}
await browsers.close();
say({ end: true });
process.exit(0);
