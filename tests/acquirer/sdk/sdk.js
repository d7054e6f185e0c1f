// Stripe's own client against the acquirer: prints as JSON what its methods gave, by a name each.
//
// SPDX-License-Identifier: MIT
"use strict";

const fs = require("node:fs");
const https = require("node:https");
const Stripe = require("stripe");

const [port, caFile, secret] = process.argv.slice(2);
const httpAgent = new https.Agent({ ca: fs.readFileSync(caFile), keepAlive: true });
const options = { host: "localhost", port: Number(port), protocol: "https", maxNetworkRetries: 0, telemetry: false, httpAgent };
const stripe = new Stripe(secret, options);

// What a call gave, or which of the client's errors it raised.
async function outcome(promise) {
  try {
    return await promise;
  } catch (error) {
    return {
      raised: error.constructor.name,
      type: error.type,
      status: error.statusCode,
      code: error.code,
      decline_code: error.decline_code,
      message: error.message,
      charge: error.charge,
      payment_intent: error.payment_intent,
    };
  }
}

async function main() {
  const charge = { amount: 1999, currency: "usd", source: "tok_visa", metadata: { payment: "pay_1" } };
  const intent = {
    amount: 2500,
    currency: "eur",
    confirm: true,
    error_on_requires_action: true,
    payment_method: "pm_card_visa",
    payment_method_types: ["card"],
    metadata: { payment: "pay_2" },
  };
  const key = { idempotencyKey: "sdk-1" };
  const since = Math.floor(Date.now() / 1000) - 5;
  const found = {};

  found.charge = await outcome(stripe.charges.create(charge, key));
  found.replay = await outcome(stripe.charges.create(charge, key));
  found.replayed = found.replay.lastResponse.headers["idempotent-replayed"];
  found.otherParameters = await outcome(stripe.charges.create({ ...charge, amount: 2000 }, key));
  found.otherPath = await outcome(stripe.paymentIntents.create({ amount: 1999, currency: "usd" }, key));
  found.declinedCharge = await outcome(
    stripe.charges.create({ ...charge, source: "tok_visa_chargeDeclinedInsufficientFunds" }),
  );
  found.intent = await outcome(stripe.paymentIntents.create(intent));
  found.declinedIntent = await outcome(
    stripe.paymentIntents.create({ ...intent, payment_method: "pm_card_visa_chargeDeclinedLostCard" }),
  );
  found.authentication = await outcome(
    stripe.paymentIntents.create({ ...intent, payment_method: "pm_card_authenticationRequired" }),
  );
  found.fence = await outcome(stripe.paymentIntents.create({ amount: 100, currency: "usd" }));
  found.canceled = await outcome(stripe.paymentIntents.cancel(found.fence.id));
  found.refund = await outcome(stripe.refunds.create({ charge: found.charge.id, amount: 1000 }));
  found.refundTooMuch = await outcome(stripe.refunds.create({ charge: found.charge.id, amount: 1000 }));
  found.refundOfIntent = await outcome(stripe.refunds.create({ payment_intent: found.intent.id }));
  found.refundAgain = await outcome(stripe.refunds.retrieve(found.refund.id));
  found.refunds = await outcome(stripe.refunds.list({ charge: found.charge.id }));
  found.refunded = await outcome(stripe.charges.retrieve(found.charge.id));
  found.missing = await outcome(stripe.charges.retrieve("ch_none"));
  found.expanded = await outcome(stripe.paymentIntents.retrieve(found.intent.id, { expand: ["latest_charge"] }));
  found.pages = [];
  for await (const each of stripe.charges.list({ created: { gte: since }, limit: 1 })) {
    found.pages.push(each.id);
  }
  found.account = await outcome(stripe.accounts.retrieve());
  found.balance = await outcome(stripe.balance.retrieve());
  found.wrongKey = await outcome(new Stripe("sk_test_wrong", options).balance.retrieve());
  console.log(JSON.stringify(found));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
}).finally(() => httpAgent.destroy());
