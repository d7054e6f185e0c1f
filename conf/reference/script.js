/*
 * The reference page's conveniences: one language of the examples at a time, copying, this server's
 * address, and where the reader is. Without it all is shown.
 *
 * SPDX-License-Identifier: MIT
 */
"use strict";

const base = new URL("..", location.href).href.replace(/\/$/, "");
const REMEMBERED = "payment-api-language";

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null; // the reader's browser keeps nothing
  }
}

function remember(language) {
  try {
    localStorage.setItem(REMEMBERED, language);
  } catch {
    // as above
  }
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function showBase() {
  if (!location.protocol.startsWith("http")) return; // opened from disk
  for (const place of document.querySelectorAll("[data-base]")) place.textContent = base;
  for (const span of document.querySelectorAll("[data-language=base] .s"))
    span.textContent = span.textContent.replace("https://your-host/v1", base);
}

// The examples of one call: a row of tabs, as the ARIA Authoring Practices describe them.
function makeTabs(samples, number) {
  const figures = [...samples.querySelectorAll("figure")];
  if (figures.length < 2) return;
  const bar = element("div", { className: "tabs" });
  bar.setAttribute("role", "tablist");
  bar.setAttribute("aria-label", "Language of the example");
  for (const figure of figures) {
    const caption = figure.querySelector("figcaption");
    const tab = element("button", { type: "button", id: `tab-${number}-${figure.dataset.language}` },
      caption.textContent);
    caption.hidden = true;
    // A figure may not be a panel itself.
    const panel = element("div", { id: `sample-${number}-${figure.dataset.language}` });
    panel.dataset.language = figure.dataset.language;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    figure.replaceWith(panel);
    panel.append(figure);
    tab.dataset.language = figure.dataset.language;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    tab.addEventListener("click", () => choose(tab.dataset.language, tab));
    bar.append(tab);
  }
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...bar.children];
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    event.preventDefault();
    choose(next.dataset.language, next);
    next.focus();
  });
  samples.prepend(bar);
}

// Shows one language everywhere, and keeps what the reader looks at where it is.
function choose(language, held) {
  const before = held ? held.getBoundingClientRect().top : 0;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.language === language;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  for (const panel of document.querySelectorAll("[role=tabpanel]")) panel.hidden = panel.dataset.language !== language;
  if (!held) return;
  window.scrollBy({ top: held.getBoundingClientRect().top - before, behavior: "instant" });
  remember(language);
}

function makeCopying() {
  if (!navigator.clipboard) return;
  for (const figure of document.querySelectorAll("figure.code")) {
    const button = element("button", { type: "button", className: "copy" }, "Copy");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(figure.querySelector("pre").textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    (figure.closest("[role=tabpanel]") ?? figure).append(button);
  }
}

// The contents are open where there is room, and say where the reader is.
function followReader() {
  const menu = document.querySelector(".menu");
  const wide = matchMedia("(min-width: 60rem)");
  const fit = () => { menu.open = wide.matches; };
  wide.addEventListener("change", fit);
  fit();
  const links = new Map([...menu.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  menu.addEventListener("click", (event) => {
    if (event.target.closest("a") && !wide.matches) menu.open = false;
  });
  const targets = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  let pending = false;
  const mark = () => {
    pending = false;
    const passed = targets.filter((target) => target.getBoundingClientRect().top < innerHeight / 4);
    const here = passed.at(-1) ?? targets[0];
    for (const [id, link] of links) {
      if (id === here.id) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
    if (wide.matches) links.get(here.id).scrollIntoView({ block: "nearest" });
  };
  addEventListener("scroll", () => {
    if (!pending) requestAnimationFrame(mark);
    pending = true;
  }, { passive: true });
  mark();
}

showBase();
document.querySelectorAll(".samples").forEach(makeTabs);
const languages = [...document.querySelectorAll("[role=tab]")].map((tab) => tab.dataset.language);
choose(languages.includes(remembered()) ? remembered() : languages[0], null);
makeCopying();
followReader();
// The tabs have moved what the address names.
if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
