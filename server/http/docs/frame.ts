import { createHash } from "node:crypto";

import { firstSentence } from "../../../printing/llm-text.ts";
import type { DocPage } from "../../../printing/pages.ts";
import { html, toMarkup, trusted, type Html } from "../html.ts";
import { PAGE_STYLE } from "../page-style.ts";
import { renderMarkdown } from "./render-markdown.ts";
import { DOCS_STYLE } from "./style.ts";

const STYLE = `${PAGE_STYLE}${DOCS_STYLE}`;

/** Only our own resources: one style, one script, and the search index. */
export const CONTENT_SECURITY_POLICY =
  `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; img-src data:; ` +
  "script-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/** A page of the documentation as a browser shows it. */
export function frameDocs(page: DocPage, pages: readonly DocPage[]): string {
  const at = pages.indexOf(page);
  const ways = [
    ["prev", "Before", pages[at - 1]],
    ["next", "Next", pages[at + 1]],
  ] as const;
  return frame(
    page.title,
    html`${trusted(renderMarkdown(page.markdown))}
      <footer class="foot">
        ${ways.map(([rel, word, other]) =>
          other === undefined ? null : html`<a rel="${rel}" href="${other.path}">${word}: ${other.title}</a> `,
        )}<a class="dim" href="${page.path}.md">This page as Markdown</a>
      </footer>`,
    pages,
    page,
  );
}

export function frameNotFound(pages: readonly DocPage[]): string {
  return frame(
    "Not found",
    html`<h1>There is no such page</h1>
      <p>The way on the left lists them all, and <a href="/docs">the overview</a> says where to begin.</p>`,
    pages,
    null,
  );
}

function frame(title: string, body: Html, pages: readonly DocPage[], current: DocPage | null): string {
  return toMarkup(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width,initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title} · Ampost docs</title>
          <link rel="icon" href="data:," />
          ${
            current === null
              ? null
              : html`<meta name="description" content="${firstSentence(current.markdown)}" />
                  <link rel="alternate" type="text/markdown" href="${current.path}.md" />`
          }
          ${trusted(`<style>${STYLE}</style>`)}
          <script type="module" src="/docs/docs.js"></script>
        </head>
        <body class="docs">
          <a class="skip" href="#main">Skip to content</a>
          <header>
            <div class="bar">
              <a class="brand" href="/docs">Ampost <span class="dim">docs</span></a>
              <form class="search" role="search" hidden>
                <label class="unseen" for="search">Search the documentation</label
                ><input id="search" type="search" placeholder="Search" autocomplete="off" aria-controls="found" />
                <div id="found" role="region" aria-label="Found" aria-live="polite"></div>
              </form>
              <nav class="links" aria-label="Site">
                <a href="/">Dashboard</a><a href="/docs/try">Try it</a><a href="/llm.txt">llm.txt</a>
              </nav>
            </div>
          </header>
          <div class="columns">
            <input class="unseen" type="checkbox" id="menu" /><label class="menu" for="menu">All pages</label>
            <nav class="pages" aria-label="Documentation">
              ${[...Map.groupBy(pages, ({ group }) => group)].map(([group, listed]) =>
                navGroup(group, listed, current),
              )}
            </nav>
            <main id="main" tabindex="-1">${body}</main>
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
  const isOpen = listed.length < 14 || (current !== null && listed.includes(current));
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
