// Signs events with Stripe's own client: a line of JSON {"body": base64, "secret", "at"} in, the header out.
//
// SPDX-License-Identifier: MIT
"use strict";

const readline = require("node:readline");
const Stripe = require("stripe");

const stripe = new Stripe("sk_test_unused");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { body, secret, at } = JSON.parse(line);
  const payload = Buffer.from(body, "base64").toString("utf8");
  console.log(stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: at }));
});
