/*
 * Runs stripe-stateful-mock on a port of its own, which is the first line of the output, until the
 * input ends.
 *
 * SPDX-License-Identifier: MIT
 */
"use strict";

process.env.LOG_LEVEL = "silent";
const server = require("stripe-stateful-mock").createExpressApp().listen(0, "127.0.0.1", () => {
  console.log(server.address().port);
});
process.stdin.resume().on("end", () => process.exit(0));
