/*
 * Says whether a file is an OpenAPI document, by the JSON schema of the OpenAPI Initiative.
 *
 * SPDX-License-Identifier: MIT
 */
import { Validator } from "@seriousme/openapi-schema-validator";

const validator = new Validator();
const result = await validator.validate(process.argv[2]);
console.log(JSON.stringify({ version: validator.version, ...result }));
