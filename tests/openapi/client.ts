/*
 * A merchant's program with a typed client that was generated from the OpenAPI document.
 *
 * SPDX-License-Identifier: MIT
 */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

declare const process: { env: Record<string, string> };

const client = createClient<paths, "application/json">({
  baseUrl: process.env.BASE_URL,
  headers: { Authorization: `Bearer ${process.env.API_KEY}` },
});

function got<T>(answer: { data?: T; error?: { error: string }; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.status} ${answer.error?.error}`);
  return answer.data;
}

const payment: components["schemas"]["Payment"] = got(await client.POST("/payments", {
  params: { header: { "Idempotency-Key": `order-${process.env.ORDER}` } },
  body: { amount: 100.00, currency: "USD", source: "tok_visa", description: "Typed" },
}));

const read = got(await client.GET("/payments/{id}", { params: { path: { id: payment.id } } }));

const refund = got(await client.POST("/refunds", { body: { payment_id: payment.id, amount: 50.00 } }));
const refundRead = got(await client.GET("/refunds/{id}", { params: { path: { id: refund.id } } }));

const page = got(await client.GET("/payments", { params: { query: { limit: 1, status: "succeeded" } } }));
const refunds = got(await client.GET("/refunds", { params: { query: { payment_id: payment.id } } }));

const declined = await client.POST("/payments", {
  body: { amount: 1, currency: "USD", source: "tok_chargeDeclinedInsufficientFunds" },
});

// @ts-expect-error an amount is a number
const wrong: components["schemas"]["NewPayment"] = { amount: "100.00", currency: "USD", source: "tok_visa" };
// @ts-expect-error there is no such path
void (() => client.GET("/charges"));
// @ts-expect-error a refund names its payment
const nameless: components["schemas"]["NewRefund"] = { amount: 1 };
// @ts-expect-error there is no such status
const status: components["schemas"]["Status"] = "paid";
void [wrong, nameless, status];

console.log(JSON.stringify({
  payment, read, refund, refundRead, page, refunds,
  declined: [declined.response.status, declined.error?.error, declined.response.headers.get("Location")],
}));
