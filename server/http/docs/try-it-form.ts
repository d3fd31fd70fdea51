import { OPERATIONS } from "../../../contract/index.ts";
import { EXAMPLES } from "../../../contract/openapi/examples.ts";
import { TAGS, tagOf } from "../../../contract/openapi/openapi.ts";
import type { Operation } from "../../../contract/operation.ts";
import { titleOfTag } from "../../../printing/operation-pages.ts";
import { html, type Html } from "../html.ts";

/** Sends requests from the browser, with a script of our own. */
export const TRY_IT = "/docs/try";
export const TRY_IT_SCRIPT = `${TRY_IT}/try-it.js`;

/** The form: every request that a key can send and that answers at once. */
export function tryItForm(apiUrl: string): Html {
  const groups = TAGS.flatMap(([tag]) => {
    const operations = OPERATIONS.filter((operation) => tagOf(operation) === tag && canBeTried(operation));
    return operations.length === 0
      ? []
      : [
          html`<optgroup label="${titleOfTag(tag)}">
            ${operations.map((operation) => choice(operation, tag))}
          </optgroup>`,
        ];
  });
  return html`<h1>Try it</h1>
    <p>
      Sends requests to <code>${apiUrl}</code> from your browser. Use a test key: what it publishes goes only to the
      sandbox.
    </p>
    <noscript
      ><p class="notice warn">This page requires JavaScript. The samples in the documentation do not.</p></noscript
    >
    <form id="try" data-url="${apiUrl}">
      <div class="field">
        <label for="key">API key</label
        ><input id="key" name="key" type="password" autocomplete="off" placeholder="amp_test_…" required />
        <p class="hint" id="live" role="status"></p>
      </div>
      <div class="field">
        <label for="request">Request</label
        ><select id="request" name="request">
          ${groups}
        </select>
      </div>
      <div class="field">
        <label for="path">Path and query</label
        ><input id="path" name="path" autocomplete="off" spellcheck="false" aria-describedby="path-hint" required />
        <p class="hint" id="path-hint">
          Replace names in braces, such as {id}. <a id="about" href="/docs/api">Parameters and fields</a>
        </p>
      </div>
      <div class="field" id="body-field">
        <label for="body">Body</label><textarea id="body" name="body" rows="12" spellcheck="false"></textarea>
      </div>
      <p><button class="main">Send</button></p>
    </form>
    <h2>Response</h2>
    <p id="status" role="status" class="dim">No request has been sent yet.</p>
    <div class="code" id="response" hidden>
      <pre tabindex="0"><code></code></pre>
    </div>`;
}

function canBeTried({ auth, streams, successor }: Operation): boolean {
  return auth !== "session" && streams !== true && successor === undefined;
}

function choice({ name, method, path, summary, takes }: Operation, tag: string): Html {
  const body = takes === "none" ? null : JSON.stringify(EXAMPLES[name] ?? {}, null, 2);
  return html`<option
    value="${name}"
    data-method="${method}"
    data-path="${path.replace(/:(\w+)/g, "{$1}")}"
    data-about="/docs/api/${tag}#${name}"
    ${body === null ? null : html` data-body="${body}"`}
  >
    ${method} ${path.replace(/:(\w+)/g, "{$1}")}: ${summary}
  </option>`;
}
