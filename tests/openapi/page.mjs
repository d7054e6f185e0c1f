/*
 * Opens the reference page in Chromium as different readers do, and says what it saw: one JSON text.
 *
 * Usage: node page.mjs CHROMIUM ADDRESS FILE [FOLDER_FOR_SCREENSHOTS]    FILE is the same page, on disk
 *
 * SPDX-License-Identifier: MIT
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, address, file, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LANGUAGES = ["curl", "python", "javascript"];
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };

const visible = (page, language) => page.locator(`figure[data-language=${language}]:visible`).count();

async function open(browser, seen, target, options) {
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(300000); // the machine may be busy
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.complaints.push(message.text());
  });
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("requestfailed", (request) => seen.complaints.push(`failed: ${request.url()}`));
  page.on("request", (request) => seen.requests.push(request.url()));
  const answer = await page.goto(target, { waitUntil: "load" });
  await page.waitForLoadState("networkidle");
  seen.status = answer.status();
  return page;
}

// What must be so in both colour schemes.
async function look(page, seen, colorScheme, name) {
  await page.emulateMedia({ colorScheme });
  if (folder) {
    await page.screenshot({ path: `${folder}/${colorScheme}-${name}.png` });
    await page.screenshot({ path: `${folder}/${colorScheme}-${name}-full.png`, fullPage: true });
  }
  seen.background[colorScheme] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  // The other rules do not depend on colours.
  const rules = colorScheme === "light" ? "{}" : '{ runOnly: ["color-contrast"] }';
  seen.violations.push(...await page.evaluate(`axe.run(${rules}).then((result) => result.violations.map(
    (one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120) + " " + node.failureSummary)))`));
}

// The tabs of the examples: by mouse, by keys, and after the page was left.
async function choose(page) {
  const python = page.getByRole("tab", { name: "Python" });
  const seen = { tabs: await python.count(), shown: {} };
  await python.nth(1).click();
  seen.shown.clicked = await visible(page, "python");
  await page.keyboard.press("ArrowRight");
  seen.shown.right = await visible(page, "javascript");
  await page.keyboard.press("ArrowLeft");
  await page.reload({ waitUntil: "networkidle" });
  seen.shown.remembered = await visible(page, "python");
  return seen;
}

async function visit(browser, name, viewport) {
  const seen = { name, complaints: [], requests: [], violations: [], background: {} };
  const page = await open(browser, seen, address, { viewport, colorScheme: "light" });
  Object.assign(seen, await page.evaluate(() => ({
    wider: document.scrollingElement.scrollWidth - innerWidth,
    broken: [...document.querySelectorAll('a[href^="#"]')].map((link) => link.hash.slice(1))
      .filter((id) => !document.getElementById(id)),
    base: [...document.querySelectorAll("[data-base]")].map((place) => place.textContent),
  })));
  await page.evaluate(axe);
  await look(page, seen, "light", name);
  await look(page, seen, "dark", name);
  seen.examples = await choose(page);
  await page.context().close();
  return seen;
}

// Nothing but the page: without its script, and without a server.
async function visitBare(browser, name, target, options) {
  const seen = { name, complaints: [], requests: [], shown: {} };
  const page = await open(browser, seen, target, { viewport: WIDE, ...options });
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
  for (const language of LANGUAGES) seen.shown[language] = await visible(page, language);
  await page.context().close();
  return seen;
}

const browser = await chromium.launch({ executablePath, timeout: 300000, args: ["--no-sandbox", "--disable-gpu"] });
try {
  console.log(JSON.stringify([
    await visit(browser, "wide", WIDE),
    await visit(browser, "narrow", NARROW),
    await visitBare(browser, "no-script", address, { javaScriptEnabled: false }),
    await visitBare(browser, "from-disk", pathToFileURL(file).href, { offline: true }),
  ]));
} finally {
  await browser.close();
}
