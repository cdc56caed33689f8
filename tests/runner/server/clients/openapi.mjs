// SPDX-License-Identifier: Apache-2.0
// Checks an OpenAPI document with two validators that others wrote: node openapi.mjs FILE. Prints each finding, and
// "ok" and what was checked where there is none.
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { createConfig, lintFromString } from '@redocly/openapi-core';

const text = readFileSync(process.argv[2], 'utf8');
const document = JSON.parse(text);
const findings = [];

const validator = new Validator();
const schema = await validator.validate(structuredClone(document));
if (!schema.valid) findings.push(JSON.stringify(schema.errors, null, 1).slice(0, 4000));
if (validator.version !== '3.1') findings.push(`the document is of version ${validator.version}, not 3.1`);

const rules = {
    'struct': 'error', 'spec-strict-refs': 'error', 'no-unresolved-refs': 'error', 'operation-operationId-unique': 'error',
    'operation-operationId-url-safe': 'error', 'operation-parameters-unique': 'error', 'path-parameters-defined': 'error',
    'path-declaration-must-exist': 'error', 'path-not-include-query': 'error', 'no-identical-paths': 'error',
    'no-path-trailing-slash': 'error', 'security-defined': 'error', 'no-undefined-server-variable': 'error',
    'operation-2xx-response': 'error', 'operation-4xx-response': 'error', 'operation-summary': 'error',
    'no-enum-type-mismatch': 'error', 'no-http-verbs-in-paths': 'off', 'paths-kebab-case': 'off',
};
const config = await createConfig({ rules });
for (const p of await lintFromString({ source: text, config }))
    findings.push(`${p.ruleId}: ${p.message} at ${p.location.map((l) => l.pointer).join(', ')}`);

for (const finding of findings.slice(0, 40)) console.error(finding);
if (findings.length > 0) process.exit(1);
const operations = Object.values(document.paths)
    .flatMap((path) => Object.keys(path).filter((key) => ['get', 'post', 'put', 'patch', 'delete'].includes(key)));
console.log(`ok ${operations.length}`);
