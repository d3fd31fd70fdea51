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
if (here !== null) here.closest(".pages").scrollTop = here.offsetTop - here.closest(".pages").clientHeight / 2;

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
const none = document.querySelector("#found-none");
field.role = "combobox";
field.setAttribute("aria-controls", "found");
field.ariaAutoComplete = "list";
let asked = 0;
show([]);
field.addEventListener("input", search);
field.addEventListener("keydown", (event) => {
  const options = [...found.children];
  const at = options.indexOf(found.querySelector("[aria-selected=true]"));
  const next = { ArrowDown: at + 1, ArrowUp: at === -1 ? options.length - 1 : at - 1 }[event.key];
  if (next !== undefined && options.length > 0) {
    event.preventDefault();
    // After the last and before the first is the field itself.
    select(options, options[next]);
  } else if (event.key === "Enter" && at !== -1) {
    event.preventDefault();
    options[at].click();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    field.focus();
  }
});
document.addEventListener("click", (event) => {
  if (!form.contains(event.target)) close();
});

async function search() {
  const query = field.value.trim();
  const question = ++asked;
  if (query === "") return close();
  const response = await fetch(`/docs/search.json?q=${encodeURIComponent(query)}`);
  const sections = await response.json();
  // A slower response to what was typed before is out of date.
  if (question === asked) show(sections, sections.length === 0);
}

/** A response that arrives later is not shown. */
function close() {
  asked += 1;
  show([]);
}

function show(sections, isEmpty = false) {
  found.replaceChildren(...sections.map(optionFor));
  found.hidden = sections.length === 0;
  none.hidden = !isEmpty;
  field.ariaExpanded = String(sections.length > 0);
  field.removeAttribute("aria-activedescendant");
}

function select(options, chosen) {
  for (const option of options) option.ariaSelected = String(option === chosen);
  if (chosen === undefined) return field.removeAttribute("aria-activedescendant");
  field.setAttribute("aria-activedescendant", chosen.id);
  chosen.scrollIntoView({ block: "nearest" });
}

function optionFor({ page, heading, url, excerpt }, index) {
  const link = document.createElement("a");
  link.href = url;
  link.id = `found-${index}`;
  link.role = "option";
  link.tabIndex = -1;
  link.ariaSelected = "false";
  // A section of the same page does not load anything.
  link.addEventListener("click", close);
  link.append(textOf("strong", page === heading ? page : `${page}: ${heading}`), textOf("span", excerpt));
  return link;
}

function textOf(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
