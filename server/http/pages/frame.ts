import { createHash } from "node:crypto";

import type { FastifyReply } from "fastify";

import { type Brand, contrastOf, LEAST_CONTRAST, NO_BRAND, SURFACES, textColorOn } from "../../../model/brand.ts";
import { html, toMarkup, trusted, type Html } from "../html.ts";
import { ICON, ICON_SVG } from "../icon.ts";
import { PAGE_STYLE } from "../page-style.ts";
import { safeRedirect } from "./safe-redirect.ts";

declare module "fastify" {
  interface FastifyReply {
    /** How the instance looks; undefined for a request that could not be routed. */
    brand: Brand | undefined;
  }
}

/** A page. */
export interface Page {
  title: string;
  body: Html;
  /** The user viewing it, shown with a way to sign out. Null for visitors. */
  viewer?: Viewer | null;
  /** Whose look it has; by default the viewer's, otherwise the instance's. */
  brand?: Brand | undefined;
  /** What was just done or failed, shown above everything else. */
  notice?: Notice | null;
  status?: number;
  /** For one short form: a narrow column. */
  isNarrow?: boolean;
  /** A script that the page needs, by path: only for what browsers offer only to scripts. */
  script?: string;
  /** Whether the dashboard shows it in a frame: its links leave the frame. Nobody else can frame it. */
  isFramed?: boolean;
  /** Other origins to which submitting a form may lead. */
  formOrigins?: readonly string[];
}

export interface Viewer {
  email: string;
  brand: Brand;
}

export interface Notice {
  kind: "done" | "failed" | "warn";
  text: string;
}

/** Sends a page. It is never cached, nor framed unless it says so, and loads only our own resources. */
export async function sendPage(reply: FastifyReply, given: Page): Promise<FastifyReply> {
  const brand = given.brand ?? given.viewer?.brand ?? reply.brand ?? NO_BRAND;
  const page = { ...given, brand, isOthers: given.brand !== undefined };
  return await reply
    .code(page.status ?? 200)
    .headers(headersOf(page))
    .type("text/html; charset=utf-8")
    .send(toMarkup(frame({ ...page, notice: page.notice ?? reply.setUpNotice })));
}

/** What the product is called. */
export function productOf(brand: Brand | undefined): string {
  return brand?.name ?? "Ampost";
}

/** Redirects the browser after a form, or to another page. */
export async function sendOn(reply: FastifyReply, path: string): Promise<FastifyReply> {
  return await reply.header("cache-control", "no-store").redirect(safeRedirect(path, "/"), 303);
}

const hashOf = (style: string) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`;
const styleHash = hashOf(PAGE_STYLE);

/** A page with a brand, which belongs to someone else than the instance if it is the page's own. */
type BrandedPage = Page & { brand: Brand; isOthers: boolean };

/** The brand's colors as a style, and nothing else. One that does not stand out from dark pages is not used there. */
function styleOf({ color, darkColor }: Brand): string {
  const dark = darkColor ?? (color !== null && contrastOf(color, SURFACES.darkColor) >= LEAST_CONTRAST ? color : null);
  const light = color === null ? "" : colors(color);
  const onDark = dark === null ? (light === "" ? "" : ":root{--brand:initial;--on-brand:initial}") : colors(dark);
  return onDark === "" ? light : `${light}@media(prefers-color-scheme:dark){${onDark}}`;
}

function colors(color: string): string {
  return `:root{--brand:${color};--on-brand:${textColorOn(color)}}`;
}

/**
 * "same-origin" instead of "no-referrer": with the latter, browsers send forms with `Origin: null`, which could not be
 * distinguished from another site's. Other sites learn nothing either way. Source: Fetch standard, "append a request
 * Origin header".
 */
function headersOf({ script, formOrigins = [], brand, isFramed = false }: BrandedPage): Record<string, string> {
  const style = styleOf(brand);
  const scripts = script === undefined ? "" : "script-src 'self'; connect-src 'self'; ";
  return {
    "content-security-policy": `default-src 'none'; style-src ${styleHash}${style === "" ? "" : ` ${hashOf(style)}`}; img-src data:; ${scripts}form-action ${["'self'", ...formOrigins].join(" ")}; frame-ancestors ${isFramed ? "'self'" : "'none'"}; base-uri 'none'`,
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": isFramed ? "SAMEORIGIN" : "DENY",
    "cross-origin-opener-policy": "same-origin",
  };
}

function frame({
  title,
  body,
  viewer = null,
  notice = null,
  script,
  isNarrow = false,
  isFramed = false,
  brand,
  isOthers,
}: BrandedPage): Html {
  const product = productOf(brand);
  const style = styleOf(brand);
  const own = brand.name === null ? trusted(ICON_SVG) : null;
  const mark = html`${brand.logo === null ? own : html`<img src="${brand.logo}" alt="" />`}${product}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${isFramed ? html`<base target="_top" />` : null}
        <title>${title.endsWith(product) ? title : `${title} · ${product}`}</title>
        <link rel="icon" href="${brand.name === null ? ICON : "data:,"}" />
        ${trusted(`<style>${PAGE_STYLE}</style>`)}${style === "" ? null : trusted(`<style>${style}</style>`)}
        ${script === undefined ? null : html`<script type="module" src="${script}"></script>`}
      </head>
      <body>
        ${isFramed ? null : html`<a class="skip" href="#main">Skip to content</a>`}
        <header>
          <div class="bar">
            ${isOthers ? html`<span class="brand">${mark}</span>` : html`<a class="brand" href="/">${mark}</a>`}
            ${
              viewer === null
                ? null
                : html`<form method="post" action="/sign-out">
                    <span class="who" title="${viewer.email}">${viewer.email}</span
                    ><button class="quiet">Sign out</button>
                  </form>`
            }
          </div>
        </header>
        <main id="main" tabindex="-1" ${isNarrow ? html` class="narrow"` : null}>
          <h1>${title}</h1>
          ${
            notice === null
              ? null
              : html`<p class="notice ${notice.kind}" role="${notice.kind === "failed" ? "alert" : "status"}">
                  ${notice.text}
                </p>`
          }
          ${body}
        </main>
        ${
          brand.supportAddress === null
            ? null
            : html`<footer class="small dim${isNarrow ? " narrow" : ""}">
                Questions? <a href="${hrefOf(brand.supportAddress)}" rel="noreferrer">${brand.supportAddress}</a>
              </footer>`
        }
      </body>
    </html> `;
}

function hrefOf(supportAddress: string): string {
  return supportAddress.startsWith("https:") ? supportAddress : `mailto:${supportAddress}`;
}
