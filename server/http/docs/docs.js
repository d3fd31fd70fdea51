/** Copy buttons, tabs for samples in several languages, and the search. The pages can be read without any of it. */

for (const block of document.querySelectorAll(".code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(block.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(block.querySelector("code"));
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  block.append(button);
}

// The navigation is long: it scrolls to the current page.
const here = document.querySelector(".pages [aria-current]");
if (here !== null) here.closest("nav").scrollTop = here.offsetTop - here.closest("nav").clientHeight / 2;

const groups = [...document.querySelectorAll(".samples")].map(makeTabs);
const kept = keptLanguage();
choose(kept);
// Content that became shorter above has moved the heading in the URL.
if (kept !== null && location.hash !== "")
  document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();

function makeTabs(group, index) {
  const panels = [...group.children];
  const list = document.createElement("div");
  list.role = "tablist";
  list.ariaLabel = "Language";
  const tabs = panels.map((panel) => {
    const tab = textOf("button", panel.querySelector(".language").textContent);
    tab.type = "button";
    tab.role = "tab";
    tab.id = `tab-${index}-${panel.dataset.language}`;
    panel.id = `sample-${index}-${panel.dataset.language}`;
    panel.role = "tabpanel";
    panel.setAttribute("aria-labelledby", tab.id);
    tab.setAttribute("aria-controls", panel.id);
    tab.addEventListener("click", () => choose(panel.dataset.language, tab));
    return tab;
  });
  list.append(...tabs);
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(event.target);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    tabs.at(next % tabs.length).click();
    tabs.at(next % tabs.length).focus();
  });
  group.prepend(list);
  group.classList.add("tabs");
  return { tabs, panels };
}

/** Shows a language in all samples that have it. The clicked tab stays in place. */
function choose(language, pressed) {
  const before = pressed?.getBoundingClientRect().top;
  for (const { tabs, panels } of groups) {
    const shown = Math.max(
      0,
      panels.findIndex((panel) => panel.dataset.language === language),
    );
    for (const [at, tab] of tabs.entries()) {
      tab.ariaSelected = String(at === shown);
      tab.tabIndex = at === shown ? 0 : -1;
      panels[at].hidden = at !== shown;
    }
  }
  if (pressed === undefined) return;
  scrollBy({ top: pressed.getBoundingClientRect().top - before, behavior: "instant" });
  try {
    localStorage.setItem("language", language);
  } catch {
    // A browser without storage shows the first language on the next page.
  }
}

function keptLanguage() {
  try {
    return localStorage.getItem("language");
  } catch {
    return null;
  }
}

const form = document.querySelector(".search");
const field = document.querySelector("#search");
const found = document.querySelector("#found");
form.hidden = false;

let sections;
field.addEventListener("focus", load, { once: true });
field.addEventListener("input", show);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  found.querySelector("a")?.click();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") found.replaceChildren();
  if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    field.focus();
  }
});
document.addEventListener("click", (event) => {
  if (!form.contains(event.target)) found.replaceChildren();
});

async function load() {
  sections = await (await fetch("/docs/search.json")).json();
  show();
}

function show() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (sections === undefined || words.length === 0) return void found.replaceChildren();
  const best = sections
    .map((section) => ({ section, score: scoreOf(section, words) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, 12);
  found.replaceChildren(
    ...(best.length === 0 ? [textOf("p", "Nothing found.")] : best.map(({ section }) => linkTo(section))),
  );
}

/** Every word must match; matches in a heading count more, and most at its beginning. */
function scoreOf({ page, heading, text }, words) {
  let score = 0;
  for (const word of words) {
    const inTitle = `${page} ${heading}`.toLowerCase().includes(word);
    if (!inTitle && !text.toLowerCase().includes(word)) return 0;
    score += heading.toLowerCase().startsWith(word) ? 12 : inTitle ? 8 : 1;
  }
  return score;
}

function linkTo({ page, heading, url, text }) {
  const link = document.createElement("a");
  link.href = url;
  link.append(
    textOf("strong", page === heading ? page : `${page}: ${heading}`),
    textOf("span", text.length > 120 ? text.slice(0, 120).replace(/\S*$/, "…") : text),
  );
  return link;
}

function textOf(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
