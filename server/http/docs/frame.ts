import { createHash } from "node:crypto";

import ampost from "../../../package.json" with { type: "json" };
import { firstSentence } from "../../../printing/llm-text.ts";
import type { DocPage } from "../../../printing/pages.ts";
import { html, toMarkup, trusted, type Html } from "../html.ts";
import { ICON } from "../icon.ts";
import { PAGE_STYLE } from "../page-style.ts";
import { readSections, renderMarkdown } from "./render-markdown.ts";
import type { Found } from "./search.ts";
import { DOCS_STYLE } from "./style.ts";
import { TRY_IT_SCRIPT, tryItForm } from "./try-it-form.ts";

const STYLE = `${PAGE_STYLE}${DOCS_STYLE}`;

/** Only our own resources: one style, one script, and the search index. */
export const CONTENT_SECURITY_POLICY =
  `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; img-src data:; ` +
  "script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** The same for the page that sends requests to the API. */
export function tryItPolicy(apiUrl: string): string {
  return CONTENT_SECURITY_POLICY.replace("connect-src 'self'", `connect-src 'self' ${apiUrl}`);
}

/** A page of the documentation as a browser shows it. */
export function frameDocs(page: DocPage, pages: readonly DocPage[]): string {
  const at = pages.indexOf(page);
  const ways = [
    ["prev", "Before", pages[at - 1]],
    ["next", "Next", pages[at + 1]],
  ] as const;
  const contents = contentsOf(page.markdown);
  return frame(
    page.title,
    html`${
        contents === null
          ? null
          : html`<details class="above">
              <summary>On this page</summary>
              ${contents}
            </details>`
      }${trusted(renderMarkdown(page.markdown))}
      <footer class="foot">
        ${ways.map(([rel, word, other]) =>
          other === undefined ? null : html`<a rel="${rel}" href="${other.path}">${word}: ${other.title}</a> `,
        )}<a class="dim" href="${page.path}.md">This page as Markdown</a>
      </footer>`,
    pages,
    page,
    { contents },
  );
}

/** The sections of a long page, shown beside it, or above it if there is no room. */
function contentsOf(markdown: string): Html | null {
  const sections = readSections(markdown).filter(({ depth }) => depth === 2);
  if (sections.length < 4) return null;
  return html`<ul>
    ${sections.map(({ words, id }) => html`<li><a href="#${id}">${words}</a></li>`)}
  </ul>`;
}

export function frameNotFound(pages: readonly DocPage[]): string {
  return frame(
    "Not found",
    html`<h1>Page not found</h1>
      <p>Search for it, choose one from the list of all pages, or start with <a href="/docs">the overview</a>.</p>`,
    pages,
    null,
  );
}

/** The page that sends requests to the API. */
export function frameTryIt(apiUrl: string, pages: readonly DocPage[]): string {
  return frame("Try it", tryItForm(apiUrl), pages, null, { script: TRY_IT_SCRIPT });
}

/** The results of a search. */
export function frameFound(query: string, found: readonly Found[], pages: readonly DocPage[]): string {
  const results = html`<ol class="results">
    ${found.map(
      ({ page, heading, url, excerpt }) =>
        html`<li>
          <a href="${url}">${page === heading ? page : `${page}: ${heading}`}</a>
          <p>${excerpt}</p>
        </li>`,
    )}
  </ol>`;
  return frame(
    "Search",
    html`<h1>${query === "" ? "Search" : `Results for “${query}”`}</h1>
      ${
        found.length > 0
          ? results
          : html`<p>
              ${query === "" ? "Enter words in the field above." : "Nothing found."} See also
              <a href="/docs/not-included">what Ampost does not do</a>.
            </p>`
      }`,
    pages,
    null,
    { query },
  );
}

function frame(
  title: string,
  body: Html,
  pages: readonly DocPage[],
  current: DocPage | null,
  {
    query = null,
    contents = null,
    script = null,
  }: { query?: string | null; contents?: Html | null; script?: string | null } = {},
): string {
  return toMarkup(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width,initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title} · Ampost docs</title>
          <link rel="icon" href="${ICON}" />
          ${
            current === null
              ? null
              : html`<meta name="description" content="${firstSentence(current.markdown)}" />
                  <link rel="alternate" type="text/markdown" href="${current.path}.md" />`
          }
          ${trusted(`<style>${STYLE}</style>`)}
          <script type="module" src="/docs/docs.js"></script>
          ${script === null ? null : html`<script type="module" src="${script}"></script>`}
        </head>
        <body class="docs">
          <a class="skip" href="#main">Skip to content</a>
          <header>
            <div class="bar">
              <a class="brand" href="/docs">Ampost <span class="dim">docs</span></a>
              <a class="version" href="/docs/changelog">${ampost.version}</a>
              <form class="search" role="search" action="/docs/search">
                <label class="unseen" for="search">Search the documentation</label
                ><input
                  id="search"
                  name="q"
                  type="search"
                  placeholder="Search"
                  autocomplete="off"
                  maxlength="200"
                  ${query === null ? null : html` value="${query}"`}
                />
                <div id="found" role="listbox" aria-label="Search results" hidden></div>
                <p id="found-none" role="status" hidden>Nothing found.</p>
              </form>
              <nav class="links" aria-label="Site">
                <a href="/">Dashboard</a><a href="/docs/try">Try it</a><a href="/llm.txt">llm.txt</a>
              </nav>
            </div>
          </header>
          <div class="columns">
            <nav aria-label="Documentation">
              <input class="unseen" type="checkbox" id="menu" /><label class="menu" for="menu">All pages</label>
              <div class="pages">
                ${[...Map.groupBy(pages, ({ group }) => group)].map(([group, listed]) =>
                  navGroup(group, listed, current),
                )}
              </div>
            </nav>
            <main id="main" tabindex="-1">${body}</main>
            ${
              contents === null
                ? null
                : html`<nav class="contents" aria-label="On this page">
                    <p>On this page</p>
                    ${contents}
                  </nav>`
            }
          </div>
        </body>
      </html> `,
  );
}

/** Codes are long words: they can wrap after each part. */
function breakable(title: string): Html[] {
  return title.split(/(?<=_)/).map((part, index) => html`${index === 0 ? null : html`<wbr />`}${part}`);
}

/** The printed groups are long, and open only around the page that is read. */
function navGroup(group: string, listed: readonly DocPage[], current: DocPage | null): Html {
  const isOpen = listed.length < 18 || (current !== null && listed.includes(current));
  return html`<details ${isOpen ? html` open` : null}>
    <summary>${group}</summary>
    <ul>
      ${listed.map(
        (page) =>
          html`<li>
            <a href="${page.path}" ${page === current ? html` aria-current="page"` : null}>${breakable(page.title)}</a>
          </li>`,
      )}
    </ul>
  </details>`;
}
