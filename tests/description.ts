import { readFileSync } from "node:fs";

import { Ajv2020 } from "ajv/dist/2020.js";
import { z } from "zod";

import { type JsonObject, openApi } from "../contract/openapi/openapi.ts";

/** A request and its response as sent over HTTP. */
export interface Exchange {
  method: string;
  /** Path and query. */
  url: string;
  requestHeaders: Headers;
  /** Null if it was too long to be kept. */
  requestBody: Buffer<ArrayBuffer> | null;
  status: number;
  headers: Headers;
  /** Uncompressed. */
  body: string;
}

/** The OpenAPI document, read so that responses can be compared with it. */
export interface Description {
  /** Everything in an exchange that is not as described. URLs that are not part of the API need no description. */
  findDifferences(exchange: Exchange): Promise<string[]>;
}

let ours: Description | undefined;

/** The document that this code generates, read once. `npm test` generates it once for all its processes. */
export function ourDescription(): Description {
  const { AMPOST_TEST_OPENAPI: file } = process.env;
  return (ours ??= readDescription(
    file === undefined ? ourDocument() : object.parse(JSON.parse(readFileSync(file, "utf8"))),
  ));
}

export function ourDocument(): JsonObject {
  return openApi({ apiUrl: "http://localhost:3000", appUrl: "http://localhost:3000", version: "0" });
}

/** Reads an OpenAPI document. Schemas are compiled when first needed. */
export function readDescription(document: JsonObject): Description {
  const { paths } = read(document, "");
  const routes = Object.entries(object.parse(paths)).map(([path, methods]) => ({
    path,
    methods: object.parse(methods),
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}/?$`),
    variables: path.split("{").length,
  }));
  // "/posts/validate" is matched before "/posts/{id}".
  routes.sort((one, other) => one.variables - other.variables);
  const check = createChecker(document);

  return {
    findDifferences: async (exchange) => {
      const [path = ""] = exchange.url.split("?");
      if (!isOfApi(exchange, path)) return [];
      // HEAD is supported wherever GET is, with the same headers.
      const method = exchange.method === "HEAD" ? "get" : exchange.method.toLowerCase();
      const route = routes.find(({ pattern, methods }) => pattern.test(path) && method in methods);
      const at = route === undefined ? undefined : `/paths/${escaped(route.path)}/${method}`;
      const found =
        at === undefined
          ? checkNowhere(exchange, check)
          : [
              ...checkAnswer(document, at, exchange, check),
              ...(exchange.status < 400 ? await checkRequest(document, at, exchange, check) : []),
            ];
      return found.map((difference) => `${exchange.method} ${path} ${exchange.status}: ${difference}`);
    },
  };
}

/** Checks a value against the schema at a JSON Pointer. With "text", the value was sent as text and is converted. */
type Checker = (pointer: string, value: unknown, kind?: "text") => string[];

function createChecker(document: JsonObject): Checker {
  // Whether the schemas themselves are valid is tested with the document.
  const [exact, lenient] = [false, "array" as const].map((coerceTypes) =>
    new Ajv2020({
      strict: false,
      allErrors: true,
      validateFormats: false,
      validateSchema: false,
      coerceTypes,
    }).addSchema(document, ROOT),
  );
  return (pointer, value, kind) => {
    const check = (kind === "text" ? lenient : exact)?.getSchema(`${ROOT}#${pointer}`);
    if (check === undefined) throw new Error(`The description has no schema at ${pointer}`);
    return check(value) === true
      ? []
      : (check.errors ?? []).map(
          ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
        );
  };
}

const ROOT = "https://ampost.invalid/openapi.json";

/**
 * Paths below /api that OpenAPI does not describe: sign-in, files, redirects of browsers, and uploads to URLs and with tus.
 */
function isOfApi({ method, requestHeaders }: Exchange, path: string): boolean {
  if (!/^\/(api|admin)\//.test(path) || method === "OPTIONS" || requestHeaders.has("tus-resumable")) return false;
  return (
    !/^\/api\/(auth\/|(me|audit)\/export$|v1\/media\/upload(s|-urls)\/|platforms\/[^/]+\/callback$|billing\/stripe-events$)/.test(
      path,
    ) && !(method === "GET" && /^\/api\/platforms\/[^/]+\/connect$/.test(path))
  );
}

/** An undescribed URL must not exist. */
function checkNowhere({ status, body }: Exchange, check: Checker): string[] {
  return status === 404 ? check("/components/schemas/Error", parse(body)) : ["nothing is described there"];
}

function checkAnswer(
  document: JsonObject,
  at: string,
  { method, status, headers, body }: Exchange,
  check: Checker,
): string[] {
  const pointer = followed(document, `${at}/responses/${status}`);
  const response = read(document, pointer);
  if (response.description === undefined) return ["the status is not described"];
  const described = object.parse(response.headers ?? {});
  const missing = Object.entries(described).flatMap(([name]) =>
    checkHeader(document, `${pointer}/headers/${escaped(name)}`, name, headers.get(name), check),
  );
  const known = new Set(Object.keys(described).map((name) => name.toLowerCase()));
  const unknown = [...headers.keys()]
    .filter((name) => !known.has(name) && !PLAIN_HEADERS.test(name))
    .map((name) => `the header ${name} is not described`);
  const inBody = method === "HEAD" ? [] : checkBody(document, pointer, headers.get("content-type"), body, check);
  return [...missing, ...unknown, ...inBody];
}

/** Headers of HTTP itself and for browsers. */
const PLAIN_HEADERS =
  /^(date|connection|keep-alive|content-(type|length|encoding)|transfer-encoding|vary|cache-control|set-cookie|x-accel-buffering|access-control-.+)$/;

function checkHeader(
  document: JsonObject,
  pointer: string,
  name: string,
  value: string | null,
  check: Checker,
): string[] {
  const at = followed(document, pointer);
  if (value === null) return read(document, at).required === true ? [`the header ${name} is missing`] : [];
  return check(`${at}/schema`, value, "text").map((difference) => `the header ${name}${difference}`);
}

function checkBody(document: JsonObject, pointer: string, type: string | null, body: string, check: Checker): string[] {
  const content = read(document, pointer).content;
  if (content === undefined) return body === "" ? [] : ["there is a body, and none is described"];
  const mediaType = type?.split(";")[0]?.trim() ?? "";
  if (!(mediaType in object.parse(content))) return [`the content type ${type} is not described`];
  const at = `${pointer}/content/${escaped(mediaType)}`;
  if (mediaType !== "text/event-stream") return check(`${at}/schema`, parse(body));
  return [...body.matchAll(/^data: (.*)$/gm)].flatMap(([, data = ""]) => check(`${at}/x-event-data`, parse(data)));
}

/** A successful request must be as described. */
async function checkRequest(document: JsonObject, at: string, exchange: Exchange, check: Checker): Promise<string[]> {
  const { requestHeaders, requestBody } = exchange;
  const asked = new URLSearchParams(exchange.url.split("?")[1]);
  // The dashboard names its mode and workspace; the API's callers have it in their key.
  if (requestHeaders.has("cookie") && !requestHeaders.has("authorization")) {
    asked.delete("mode");
    asked.delete("workspace");
  }
  const query = checkQuery(document, at, asked, check);
  const described = read(document, `${at}/requestBody`);
  if (requestBody === null || described.content === undefined) return query;
  if (requestBody.length === 0) return described.required === true ? [...query, "there is no body"] : query;
  const type = requestHeaders.get("content-type") ?? "";
  const isForm = type.startsWith("multipart/form-data");
  const answer = parse(exchange.body);
  // A request that is only validated gets a response whatever it contains.
  if (Object(answer).valid === false) return query;
  const pointer = `${at}/requestBody/content/${escaped(isForm ? "multipart/form-data" : "application/json")}/schema`;
  return [
    ...query,
    ...check(
      pointer,
      asChecked(isForm ? await readForm(requestBody, type) : parse(requestBody.toString()), answer),
    ).map((difference) => `the request${difference}`),
  ];
}

function checkQuery(document: JsonObject, at: string, query: URLSearchParams, check: Checker): string[] {
  const all = list
    .parse(read(document, at).parameters)
    .map((_, index) => followed(document, `${at}/parameters/${index}`));
  const inQuery = all.filter((pointer) => read(document, pointer).in === "query");
  return [...query].flatMap(([name, value]) => {
    const pointer = inQuery.find((each) => read(document, each).name === name);
    return pointer === undefined
      ? [`the parameter ${name} is not described`]
      : check(`${pointer}/schema`, value, "text").map((difference) => `the parameter ${name}${difference}`);
  });
}

/**
 * What the server validates of a body: null in settings counts as absent, and overrides of platforms that the post does
 * not name are not validated.
 */
function asChecked(body: unknown, answer: unknown): unknown {
  const asked: unknown[] = list.catch([]).parse(Object(Object(body).data ?? body).platforms);
  const posted = list
    .catch([])
    .parse(Object(Object(answer).post).platformPosts)
    .map((each): unknown => Object(each).platform);
  const platforms = posted.length > 0 ? posted : asked;
  return JSON.parse(JSON.stringify(body), (name, value: unknown) => {
    if (name === "platformOverrides" && platforms.length > 0)
      return Object.fromEntries(Object.entries(Object(value)).filter(([platform]) => platforms.includes(platform)));
    return name === "settings"
      ? Object.fromEntries(Object.entries(Object(value)).filter(([, member]) => member !== null))
      : value;
  });
}

/** A form as the object that its schema describes. */
async function readForm(body: Buffer<ArrayBuffer>, type: string): Promise<JsonObject> {
  const fields = await new Response(body, { headers: { "content-type": type } }).formData();
  const files = fields.getAll("files").map(() => "");
  const data = fields.get("data");
  const json = data === null ? undefined : parse(typeof data === "string" ? data : await data.text());
  return {
    ...(json === undefined ? {} : { data: json }),
    ...(files.length === 0 ? {} : { files }),
    ...(fields.has("file") ? { file: "" } : {}),
  };
}

const object = z.record(z.string(), z.unknown());
const list = z.array(z.unknown());

/** The object at a JSON Pointer. Empty if there is none. */
function read(document: JsonObject, pointer: string): JsonObject {
  const steps = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return object.catch({}).parse(steps.reduce((found: unknown, step) => Object(found)[step], document));
}

/** Follows references to where a JSON Pointer leads. */
function followed(document: JsonObject, pointer: string): string {
  const reference = read(document, pointer).$ref;
  return typeof reference === "string" ? followed(document, reference.slice(1)) : pointer;
}

function escaped(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The text itself if it is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
