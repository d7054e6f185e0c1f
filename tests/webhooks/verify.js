// Reads requests, one a line as JSON: {"headers","body","secret"}; says whether both take each.
// SPDX-License-Identifier: MIT
"use strict";

const readline = require("readline");
const { Webhook: Standard } = require("standardwebhooks");
const { Webhook: Svix } = require("svix");

function judge(Verifier, { headers, body, secret }) {
  try {
    new Verifier(secret).verify(body, headers);
    return "good";
  } catch (error) {
    return error.message;
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  console.log(JSON.stringify([judge(Standard, request), judge(Svix, request)]));
});
