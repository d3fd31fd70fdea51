/** Copy buttons, and the search. The pages can be read without either. */

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
  found.replaceChildren(...(best.length === 0 ? [textOf("p", "Nothing found.")] : best.map(({ section }) => linkTo(section))));
}

/** Every word has to be there; in a heading it counts more, and most where it begins it. */
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
  link.append(textOf("strong", page === heading ? page : `${page}: ${heading}`), textOf("span", text.slice(0, 120)));
  return link;
}

function textOf(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
