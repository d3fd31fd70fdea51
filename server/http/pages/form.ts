import type { FastifyRequest } from "fastify";

import { refuseForeign } from "../../calls/authenticate.ts";
import { readBytes } from "../../calls/read-body.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import { html, type Html, type Piece } from "../html.ts";

/** The values of a form: the last one of a name, or all of them. */
export interface Filled {
  text(name: string): string;
  all(name: string): string[];
}

/** Our forms are short. */
const MAX_FORM_BYTES = 64 * 1024;

/** Reads a form sent by one of our own pages; rejects those that another site made the browser send. */
export async function readForm(request: FastifyRequest, appUrl: string): Promise<Filled> {
  refuseForeign(request, appUrl);
  const values = new URLSearchParams((await readFormBytes(request)).toString("utf8"));
  return {
    text: (name) => values.getAll(name).at(-1)?.replaceAll("\0", "") ?? "",
    all: (name) => values.getAll(name).map((value) => value.replaceAll("\0", "")),
  };
}

/** A form as it was sent, whoever made the browser send it. */
export async function readFormBytes(request: FastifyRequest): Promise<Buffer> {
  return await readBytes(request, MAX_FORM_BYTES, () =>
    refuseRequest("request.size", "The form is too long", "Shorten what you entered.", "PAYLOAD_TOO_LARGE"),
  );
}

/** What a form is about, as a path segment. Rejects an empty one, which would result in another path. */
export function idIn(form: Filled): string {
  const id = encodeURIComponent(form.text("id"));
  if (!/^\.{0,2}$/.test(id)) return id;
  throw refuseRequest(
    "request.route",
    "The form does not say what it is about",
    "Go back to the page and try again.",
    "NOT_FOUND",
  );
}

export interface Field {
  name: string;
  label: string;
  type?: "text" | "email" | "password" | "url" | "number" | "date";
  value?: string;
  autocomplete?: string;
  hint?: string;
  /** The error of the value, shown next to the field. */
  error?: string | undefined;
  required?: boolean;
  /** The field that has the focus at first. */
  first?: boolean;
  /** Other attributes, by name. */
  more?: Readonly<Record<string, string>>;
}

/** A labelled field with its hint and error, which screen readers announce with it. */
export function field({
  name,
  label,
  type = "text",
  value = "",
  autocomplete,
  hint,
  error,
  required = true,
  first = false,
  more = {},
}: Field): Html {
  const describedBy = [hint === undefined ? "" : `${name}-hint`, error === undefined ? "" : `${name}-error`]
    .join(" ")
    .trim();
  const attributes = {
    ...(autocomplete === undefined ? {} : { autocomplete }),
    ...(describedBy === "" ? {} : { "aria-describedby": describedBy }),
    ...(error === undefined ? {} : { "aria-invalid": "true" }),
    ...(required ? { required: "" } : {}),
    ...(first || error !== undefined ? { autofocus: "" } : {}),
    ...more,
  };
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      value="${type === "password" ? "" : value}"
      ${attributesOf(attributes)}
    />
    ${hint === undefined ? null : html`<p class="hint" id="${name}-hint">${hint}</p>`}${
      error === undefined ? null : html`<p class="error" id="${name}-error">${error}</p>`
    }
  </div>`;
}

export function check(options: {
  name: string;
  value: string;
  label: Piece;
  checked?: boolean;
  type?: "checkbox" | "radio";
}): Html {
  const { name, value, label, checked = false, type = "checkbox" } = options;
  return html`<label class="check"
    ><input type="${type}" name="${name}" value="${value}" ${checked ? html` checked` : null} /><span
      >${label}</span
    ></label
  >`;
}

export function choice(options: {
  name: string;
  label: string;
  chosen: string;
  among: readonly (readonly [string, string])[];
  hint?: string;
}): Html {
  const { name, label, chosen, among, hint } = options;
  const choices = among.map(
    ([value, text]) => html`<option value="${value}" ${value === chosen ? html` selected` : null}>${text}</option>`,
  );
  return html`<div class="field">
    <label for="${name}">${label}</label
    ><select id="${name}" name="${name}" ${hint === undefined ? null : html` aria-describedby="${name}-hint"`}>
      ${choices}</select
    >${hint === undefined ? null : html`<p class="hint" id="${name}-hint">${hint}</p>`}
  </div>`;
}

/** A form with a single button. */
export function button(
  action: string,
  label: string,
  options: {
    kind?: "main" | "danger" | "quiet" | "danger quiet";
    hidden?: Readonly<Record<string, string>>;
    describes?: string;
  } = {},
): Html {
  const fields = Object.entries(options.hidden ?? {}).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return html`<form method="post" action="${action}">
    ${fields}<button
      class="${options.kind ?? ""}"
      ${options.describes === undefined ? null : html` aria-label="${options.describes}"`}
    >
      ${label}
    </button>
  </form>`;
}

function attributesOf(attributes: Readonly<Record<string, string>>): Html[] {
  return Object.entries(attributes).map(([name, value]) => html` ${name}="${value}"`);
}
