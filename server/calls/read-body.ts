import type { IncomingMessage } from "node:http";

import type { MultipartFile } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";

import type { Operation } from "../../contract/operation.ts";
import { cutText } from "../../model/cut-text.ts";
import { PublicError } from "../../model/errors.ts";
import type { Tenant } from "../../model/tenant.ts";
import type { Upload } from "../domain/media/upload.ts";
import type { Reservation, StorageQuota } from "../media/storage-quota.ts";
import { dropReceived, receiveFile } from "../media/uploads/receive.ts";
import type { Storage } from "../storage/storage.ts";
import { refuseRequest, unreadableForm } from "./refusals.ts";

/** Maximum size of JSON bodies, and of `data` in forms. */
export const MAX_JSON_BYTES = 4 * 1024 * 1024;
export const MAX_FILES = 100;
/** Maximum size of all files in a form. */
export const MAX_FORM_BYTES = 1_000_000_000;

/** The parts of an operation that determine how its body is read; `mostBytes` where JSON is always short. */
export type BodyForm = Pick<Operation, "name" | "takes"> & { mostBytes?: number };

/** Where files are stored while they arrive. */
export interface Intake {
  storage: Storage;
  storageQuota: StorageQuota;
  owner: Tenant;
  /** Throws RATE_LIMITED if the user has uploaded as many files as allowed. */
  countFile(): Promise<void>;
}

export interface ReadBody {
  body: unknown;
  uploads: Upload[];
  /** Reserves the files' storage until their rows exist; must be closed then. */
  reservation?: Reservation;
}

/**
 * Reads an operation's body: JSON, or a form whose files are stored while they arrive. A rejected file is reported
 * together with all other issues; after a failure, nothing remains stored.
 */
export async function readBody(operation: BodyForm, request: FastifyRequest, intake: Intake | null): Promise<ReadBody> {
  if (operation.takes === "none") return { body: undefined, uploads: [] };
  try {
    return await readTyped(operation, request, intake);
  } catch (error) {
    if (request.raw.destroyed && !request.raw.complete) throw cutOff;
    throw error;
  }
}

async function readTyped(operation: BodyForm, request: FastifyRequest, intake: Intake | null): Promise<ReadBody> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "multipart/form-data") {
    if (intake !== null && (operation.takes === "multipart" || operation.takes === "upload"))
      return await outsideAdmission(request, readForm(operation, request, intake));
    throw refuseRequest(
      "request.contentType",
      "This operation accepts JSON, not a form",
      "Send the body as application/json.",
    );
  }
  return { body: await readJson(operation, request, type), uploads: [] };
}

async function readJson(operation: BodyForm, request: FastifyRequest, type: string): Promise<unknown> {
  const text = await readText(request, operation.mostBytes);
  if (text.trim() === "") {
    if (operation.takes === "optional") return undefined;
    throw refuseRequest(
      "request.body",
      "The request body is empty",
      `Send the body of ${operation.name} as application/json.`,
    );
  }
  if (type !== "application/json" && !type.endsWith("+json")) {
    const forms =
      operation.takes === "multipart" || operation.takes === "upload"
        ? "application/json or multipart/form-data"
        : "application/json";
    throw refuseRequest(
      "request.contentType",
      type === ""
        ? `The Content-Type header is missing. It must be ${forms}`
        : `The Content-Type ${type.slice(0, 100)} is not supported. It must be ${forms}`,
      `Send the header Content-Type: application/json.`,
    );
  }
  return parseJson(text, "The request body");
}

/** Slow senders hold nothing up. */
export async function outsideAdmission<Result>(
  { admission }: FastifyRequest,
  coming: Promise<Result>,
): Promise<Result> {
  return await (admission === null ? coming : admission.without(coming));
}

/** The body as text. Rejects bodies that are too long, compressed, or not UTF-8. */
export async function readText(request: FastifyRequest, mostBytes = MAX_JSON_BYTES): Promise<string> {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && encoding !== "")
    throw refuseRequest(
      "request.encoding",
      "A compressed request body is not supported",
      "Send the body without Content-Encoding.",
    );
  const refuse = () => tooLong(mostBytes);
  if (Number(request.headers["content-length"] ?? 0) > mostBytes) throw refuse();
  const bytes = await readBytes(request, mostBytes, refuse);
  try {
    return utf8.decode(bytes);
  } catch {
    throw refuseRequest("request.encoding", "The request body is not valid UTF-8", "Send the JSON encoded as UTF-8.");
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A whole body. Rejects one that is cut off, or longer than so, with that error. */
export async function readBytes(
  request: FastifyRequest,
  mostBytes: number,
  tooLong: () => PublicError,
): Promise<Buffer> {
  const bytes = collect(request.raw, mostBytes, tooLong);
  return await (request.raw.complete ? bytes : outsideAdmission(request, bytes));
}

/** Reads by events: an iterator would cost as much as all else that is done to a short body. */
async function collect(request: IncomingMessage, mostBytes: number, tooLong: () => PublicError): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const chunks: Buffer[] = [];
  let length = 0;
  const take = (chunk: Buffer) => {
    length += chunk.length;
    if (length > mostBytes) reject(tooLong());
    else chunks.push(chunk);
  };
  const fail = (error: unknown) => reject(request.complete ? error : cutOff);
  const cut = () => {
    if (!request.complete) reject(cutOff);
  };
  request.on("data", take).once("end", resolve).once("error", fail).once("close", cut);
  try {
    await promise;
  } finally {
    request.off("data", take).off("end", resolve).off("error", fail).off("close", cut);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** The client has disconnected, and nothing is wrong on our side. */
export const cutOff = refuseRequest("request.cut", "The request was cut off", "Send it again.");

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = error instanceof SyntaxError ? `: ${error.message.slice(0, 200)}` : "";
    throw refuseRequest("request.json", `${what} is not valid JSON${detail}`, "Send a JSON object.");
  }
}

function tooLong(mostBytes = MAX_JSON_BYTES): PublicError {
  return refuseRequest(
    "request.size",
    `The JSON or form is longer than ${mostBytes} bytes`,
    "Keep it short, and send media as files or by URL.",
    "PAYLOAD_TOO_LARGE",
  );
}

async function readForm(operation: BodyForm, request: FastifyRequest, intake: Intake): Promise<ReadBody> {
  const boundary = /;\s*boundary=([^;\s]+)/i.exec(request.headers["content-type"] ?? "")?.[1];
  const fix = "Let your HTTP library set the Content-Type header, which includes the boundary.";
  if (boundary === undefined)
    throw refuseRequest("request.form", "The Content-Type multipart/form-data has no boundary", fix);
  // RFC 2046, 5.1.1, including quotes.
  if (boundary.length > 72)
    throw refuseRequest(
      "request.form",
      "The boundary of the Content-Type multipart/form-data is longer than 70 characters",
      fix,
    );
  const announcedBytes = Number(request.headers["content-length"] ?? 0);
  if (announcedBytes > MAX_FORM_BYTES) throw formTooLarge();
  const uploads: Upload[] = [];
  let data: string | object | undefined;
  const own = await intake.storageQuota.reserve(intake.owner, announcedBytes - MAX_JSON_BYTES);
  const reservation = boundedBy(MAX_FORM_BYTES, own);
  try {
    for await (const part of request.parts()) {
      if (part.type === "file") {
        if (part.fieldname === "data") data = once(data, await readDataFile(part));
        else uploads.push(await receive(operation, part, uploads.length, intake, reservation));
      } else if (part.fieldname === "data") {
        if (part.valueTruncated) throw tooLong();
        data = once(data, typeof part.value === "object" && part.value !== null ? part.value : String(part.value));
      } else {
        throw unknownField(part.fieldname);
      }
    }
    if (data === undefined && (operation.takes === "multipart" || uploads.length === 0)) {
      throw refuseRequest(
        "request.form",
        operation.takes === "multipart" ? 'The form has no field "data"' : "The form has no file",
        "Send the JSON in the field data and files in the field files.",
      );
    }
    return { body: typeof data === "string" ? parseJson(data, "The field data") : (data ?? {}), uploads, reservation };
  } catch (error) {
    await dropUploads(intake.storage, uploads);
    reservation.release();
    throw isFormError(error) ? unreadableForm : error;
  }
}

/** A form has a maximum size, regardless of the user's storage limit. */
function boundedBy(most: number, reservation: Reservation): Reservation {
  let taken = 0;
  return {
    add(bytes) {
      taken += bytes;
      if (taken > most) throw formTooLarge();
      reservation.add(bytes);
    },
    release: () => reservation.release(),
  };
}

function formTooLarge(): PublicError {
  return refuseRequest(
    "request.size",
    `The files of a form can be at most ${MAX_FORM_BYTES} bytes in total`,
    "Upload the files one by one, and refer to them in the post by id.",
    "PAYLOAD_TOO_LARGE",
  );
}

/** The form parser's errors have no code. */
function isFormError(error: unknown): boolean {
  return error instanceof Error && /multipart data|Malformed part header|Boundary not found/.test(error.message);
}

/** Deletes the stored files of a failed request. */
export async function dropUploads(storage: Storage, uploads: readonly Upload[]): Promise<void> {
  await dropReceived(
    storage,
    uploads.flatMap(({ received }) => received ?? []),
  );
}

async function receive(
  operation: BodyForm,
  part: MultipartFile,
  index: number,
  { storage, owner, countFile }: Intake,
  reservation: Reservation,
): Promise<Upload> {
  if (part.fieldname !== "files" && part.fieldname !== "files[]" && part.fieldname !== "file")
    throw unknownField(part.fieldname);
  if (operation.takes === "upload" && index > 0)
    throw refuseRequest("request.form", "Send one file at a time", "Send one request per file.");
  await countFile();
  const filename = cutText(part.filename ?? "", 255) || `file-${index + 1}`;
  try {
    const received = await receiveFile(storage, {
      owner,
      bytes: part.file,
      name: filename,
      claimedMimeType: part.mimetype,
      path: `/files/${index}`,
      reservation,
    });
    return { field: part.fieldname, filename, received, issues: [] };
  } catch (error) {
    if (!(error instanceof PublicError) || error.status !== 400) throw error;
    await drain(part.file);
    return { field: part.fieldname, filename, received: null, issues: error.issues };
  }
}

/** Reads the rest of a rejected file, so that the parts after it arrive. */
async function drain(file: MultipartFile["file"]): Promise<void> {
  for await (const _ of file) continue;
}

/** curl's `-F data=@post.json` sends the JSON as a file. */
async function readDataFile(part: MultipartFile): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of part.file) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > MAX_JSON_BYTES) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function once(before: string | object | undefined, now: string | object): string | object {
  if (before !== undefined) throw refuseRequest("request.form", 'The form has the field "data" twice', "Send it once.");
  return now;
}

function unknownField(name: string | undefined): PublicError {
  if (name === undefined)
    return refuseRequest(
      "request.form",
      "A part of the form has no name",
      'Name the JSON part "data" and the file parts "files".',
    );
  return refuseRequest(
    "request.unknownKey",
    `Unknown form field "${name.slice(0, 100)}". A form can have the fields "data" and "files"`,
    "Rename the field, or remove it.",
  );
}
