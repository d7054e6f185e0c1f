// Verifies events with Stripe's own client: a line of JSON {"body": base64, "header", "secret"} in; out the event's type, or
// the error that it raised.
//
// SPDX-License-Identifier: MIT
"use strict";

const readline = require("node:readline");
const Stripe = require("stripe");

const stripe = new Stripe("sk_test_unused");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { body, header, secret } = JSON.parse(line);
  try {
    console.log(stripe.webhooks.constructEvent(Buffer.from(body, "base64"), header, secret).type);
  } catch (error) {
    console.log(error.constructor.name);
  }
});
