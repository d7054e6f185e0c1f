// What payment-api is measured against: the same payment, kept by Fastify and MariaDB's own driver.
//
// Usage: node server.js SOCKET CONNECTIONS
// The database is named by DB_SOCKET, DB_USER, DB_PASSWORD and DB_NAME.
//
// SPDX-License-Identifier: MIT
"use strict";

const { createHash, randomFillSync } = require("node:crypto");
const { chmodSync } = require("node:fs");
const fastify = require("fastify")({ logger: false });
const mariadb = require("mariadb");

const [socket, connections] = process.argv.slice(2);
const pool = mariadb.createPool({
  socketPath: process.env.DB_SOCKET,
  user: process.env.DB_USER,
  password: process.env.DB_PASSWORD,
  database: process.env.DB_NAME,
  connectionLimit: Number(connections),
});

const FIND_KEY = `SELECT k.merchant_id FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
  WHERE k.key_hash = ? AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > UTC_TIMESTAMP(3))
  AND m.disabled_at IS NULL`;
const KEEP_PAYMENT = `INSERT INTO payments (id, merchant_id, amount, currency, status, processor, source, description,
  created_at) VALUES (?, ?, ?, ?, 'succeeded', 'sandbox', ?, ?, ?)`;

// Milliseconds, then random bytes: in the order of time, as the ids of payment-api are.
function newId(ms) {
  const id = Buffer.allocUnsafe(16);
  id.writeUIntBE(ms, 0, 6);
  return randomFillSync(id, 6);
}

const schema = {
  body: {
    type: "object",
    required: ["amount", "currency", "source"],
    properties: {
      amount: { type: "number", exclusiveMinimum: 0, maximum: 9999999999999.99 },
      currency: { type: "string", enum: ["EUR", "GBP", "USD"] },
      source: { type: "string", enum: ["tok_visa", "tok_mastercard", "tok_amex"] },
      description: { type: "string", maxLength: 255, nullable: true },
    },
  },
  response: {
    201: {
      type: "object",
      properties: {
        id: { type: "string" },
        amount: { type: "number" },
        currency: { type: "string" },
        status: { type: "string" },
        created_at: { type: "string" },
      },
    },
  },
};

fastify.post("/v1/payments", { schema }, async (request, reply) => {
  const [, key] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "") ?? [];
  if (!key) return reply.code(401).send({ error: "Missing API key" });
  const [found] = await pool.execute(FIND_KEY, [createHash("sha256").update(key).digest()]);
  if (!found) return reply.code(401).send({ error: "Invalid API key" });

  const { amount, currency, source, description = null } = request.body;
  const cents = Math.round(amount * 100);
  const now = new Date();
  const id = newId(now.getTime());
  const created = now.toISOString();
  await pool.execute(KEEP_PAYMENT, [id, found.merchant_id, cents, currency, source, description,
    created.slice(0, 23).replace("T", " ")]);
  const name = `pay_${id.toString("hex")}`;
  return reply.code(201).header("Location", `/v1/payments/${name}`).header("Cache-Control", "no-store").send({
    id: name, amount: cents / 100, currency, status: "succeeded", created_at: `${created.slice(0, 19)}Z`,
  });
});

fastify.listen({ path: socket, backlog: 4096 }).then(() => chmodSync(socket, 0o666));
