/*
 * Prints typed Python for the schemas of an OpenAPI document, as quicktype makes it.
 *
 * Usage: node python.mjs DOCUMENT
 *
 * SPDX-License-Identifier: MIT
 */
import { readFileSync } from "node:fs";
import { FetchingJSONSchemaStore, InputData, JSONSchemaInput, quicktype } from "quicktype-core";

const schema = readFileSync(process.argv[2], "utf8");
const input = new JSONSchemaInput(new FetchingJSONSchemaStore());
await input.addSource({ name: "schemas", schema, uris: ["#/components/schemas/"] });
const inputData = new InputData();
inputData.addInput(input);
const { lines } = await quicktype({ inputData, lang: "python", rendererOptions: { "python-version": "3.7" } });
console.log(lines.join("\n"));
