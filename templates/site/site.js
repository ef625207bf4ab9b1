// What pages do more easily with a script; each works without it.
"use strict";

const PAUSE = 500; // milliseconds without a key before a rule is tried

for (const form of document.querySelectorAll("form.subscription")) {
  const zone = form.querySelector("[name=zone]");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && here && zone.value === "UTC" && zone.defaultValue === "UTC") zone.value = here;

  const rules = form.querySelector("#rules");
  const model = form.querySelector("#more-rule");
  if (rules && model) {
    for (const more of form.querySelectorAll("button[name=add]")) {
      more.addEventListener("click", (event) => {
        event.preventDefault();
        add(rules, model);
      });
    }
    if (form.dataset.try) live(form, rules);
  }
}

/** One more empty row, and the cursor in it. */
function add(rules, model) {
  const last = Math.max(-1, ...Array.from(rules.querySelectorAll(".rule"), (row) => Number(row.dataset.rule)));
  const piece = model.content.cloneNode(true);
  const row = piece.querySelector(".rule");
  const number = (text, value) => text.replaceAll("NUMBER", String(value));
  row.dataset.rule = String(last + 1);
  row.querySelector("legend").textContent = number(row.querySelector("legend").textContent, rules.children.length + 1);
  for (const element of row.querySelectorAll("*")) {
    for (const name of ["id", "name", "for", "aria-label"]) {
      if (element.hasAttribute(name)) {
        const value = name === "aria-label" ? rules.children.length + 1 : last + 1;
        element.setAttribute(name, number(element.getAttribute(name), value));
      }
    }
  }
  rules.append(piece);
  rules.lastElementChild.querySelector("input.text").focus();
}

/** Each rule is tried out while it is typed; only the newest answer to a row is shown. */
function live(form, rules) {
  const waiting = new Map(); // a row -> its timer, and what stops the question on its way

  rules.addEventListener("input", (event) => later(event.target.closest(".rule"), event.target));
  rules.addEventListener("change", (event) => {
    const row = event.target.closest(".rule");
    if (event.target.name.endsWith("-choice")) choose(row, event.target.value);
    later(row, event.target);
  });

  function later(row, target) {
    if (!row || target.closest(".tried")?.querySelector(":checked") === null) return;
    const before = waiting.get(row);
    if (before) {
      clearTimeout(before.timer);
      before.stop.abort();
    }
    const stop = new AbortController();
    waiting.set(row, { stop, timer: setTimeout(() => ask(row, stop.signal), PAUSE) });
  }

  async function ask(row, signal) {
    const said = row.querySelector(".tried");
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== "string" || name.endsWith("-choice") || name.endsWith("-was")) continue;
      const mine = name === `rule-${row.dataset.rule}` || name.startsWith(`rule-${row.dataset.rule}-`);
      if (mine || name === "exclude" || name === "categories") asked.append(name, value);
    }
    if (!row.querySelector("input.text").value.trim()) {
      said.replaceChildren();
      return;
    }
    try {
      const answer = await fetch(form.dataset.try, { method: "POST", body: asked, signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      show(said, [...page.body.children]);
    } catch (error) {
      if (error.name !== "AbortError") said.replaceChildren();
    }
  }

  /** The answer in the place of the last one; who is about to choose among people keeps the choice, and the focus. */
  function show(said, parts) {
    const people = said.contains(document.activeElement) && said.querySelector(".people");
    if (!people) {
      said.replaceChildren(...parts);
      return;
    }
    for (const part of [...said.children]) if (part !== people) part.remove();
    const [first, ...rest] = parts.filter((part) => !part.matches(".people"));
    if (first) people.before(first);
    people.after(...rest);
  }

  /** The paper of the chosen person among the known ones, in the place of the one chosen before. */
  function choose(row, key) {
    const known = row.querySelector("textarea[name$='-known']");
    const kept = known.value.split("\n").filter((line) => line.trim() && line.trim() !== row.dataset.chosen);
    known.value = (key && !kept.includes(key) ? [...kept, key] : kept).join("\n");
    row.dataset.chosen = key;
  }
}
