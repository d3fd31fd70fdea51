import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";

import { docsOf } from "../../contract/issues.ts";
import { PublicError, type Issue, type PublicCode } from "../../model/errors.ts";
import { BillingError } from "../billing/billing.ts";
import { isDatabaseAway } from "../db/away.ts";
import { StorageAwayError } from "../storage/storage.ts";
import type { HostUrls } from "./hosts.ts";

/** The body of every error. */
export interface ErrorBody {
  error: string;
  code: PublicCode;
  docs: string;
  requestId: string;
  issues: Issue[];
}

/**
 * Sends any failure in the standard format. Anything not meant for callers is logged and reported as INTERNAL_ERROR.
 */
export async function sendFailure(
  { log, settings }: { log: Logger; settings: Documented },
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const refusal = logFailure(log, error, request);
  return await reply
    .code(refusal.status)
    .headers(refusal.headers)
    .send(errorBody(settings, refusal, request.id));
}

/** The error for the caller. Internal errors are logged with the request's ID. */
export function logFailure(log: Logger, error: unknown, request: FastifyRequest): PublicError {
  const refusal = toRefusal(error);
  if (refusal.code === "INTERNAL_ERROR")
    log.error(
      { err: error, requestId: request.id, method: request.method, route: request.routeOptions.url },
      "a request failed",
    );
  else if (refusal.code === "UNAVAILABLE") log.warn({ err: error, requestId: request.id }, refusal.message);
  return refusal;
}

export function errorBody({ appUrl }: Documented, refusal: PublicError, requestId: string): ErrorBody {
  const { message, code, issues, extra } = refusal;
  return { error: message, code, docs: docsOf(appUrl, code), requestId, issues, ...extra };
}

/** Where the error codes are explained: on the app's host. */
export type Documented = Pick<HostUrls, "appUrl">;

/** An error of the interface itself: one sentence about the request as a whole, and how to fix it. */
export function refuseRequest(
  rule: string,
  message: string,
  fix: string,
  code: PublicCode = "VALIDATION_FAILED",
): PublicError {
  return PublicError.of({ rule, code, message, fix });
}

/** The error for the caller. */
export function toRefusal(error: unknown): PublicError {
  if (error instanceof PublicError) return error;
  if (isDatabaseAway(error)) {
    return new PublicError("UNAVAILABLE", "The service is temporarily unavailable. Try again shortly.", {
      headers: { "retry-after": "2" },
    });
  }
  if (error instanceof StorageAwayError)
    return new PublicError("UNAVAILABLE", "The storage is temporarily unavailable. Try again shortly.", {
      headers: { "retry-after": "2" },
    });
  if (error instanceof BillingError)
    return new PublicError("UNAVAILABLE", "Payments are temporarily unavailable. Try again shortly.", {
      headers: { "retry-after": "5" },
    });
  if (isFastifyError(error)) return FRAMEWORK_REFUSALS[error.code] ?? byStatus(error);
  return new PublicError("INTERNAL_ERROR", "Something went wrong on our side. The request itself may be fine.");
}

export const unreadableForm = refuseRequest(
  "request.form",
  "The multipart/form-data body is broken or cut off",
  "Send it again, and let your HTTP library set the Content-Type header, which includes the boundary.",
);
const tooManyParts = refuseRequest(
  "request.size",
  "The form has too many parts",
  "Send one field data and at most 100 files.",
  "PAYLOAD_TOO_LARGE",
);

/** The framework's own errors, in our words. */
const FRAMEWORK_REFUSALS: Readonly<Record<string, PublicError>> = {
  FST_ERR_BAD_URL: refuseRequest(
    "request.url",
    "The URL is not encoded correctly",
    "Encode special characters with percent signs, such as %20 for a space.",
  ),
  FST_MP_PREMATURE_CLOSE: unreadableForm,
  FST_INVALID_JSON_FIELD_ERROR: refuseRequest(
    "request.json",
    "A field of the form is declared as JSON but is not valid JSON",
    "Send valid JSON in the field data.",
  ),
  FST_PROTO_VIOLATION: refuseRequest(
    "request.unknownKey",
    "A field of the form has a name that is not allowed",
    "Send the fields data and files.",
  ),
  FST_PARTS_LIMIT: tooManyParts,
  FST_FILES_LIMIT: tooManyParts,
  FST_FIELDS_LIMIT: tooManyParts,
};

function byStatus(error: FastifyError): PublicError {
  const status = error.statusCode ?? 500;
  if (status === 413)
    return refuseRequest("request.size", "The request body is too large", "Send a smaller body.", "PAYLOAD_TOO_LARGE");
  if (status === 404)
    return refuseRequest(
      "request.route",
      "Page not found",
      "Check the method and path in the documentation.",
      "NOT_FOUND",
    );
  if (status >= 400 && status < 500)
    return refuseRequest(
      "request.form",
      `The request could not be read: ${error.message}`,
      "Check the request's headers and body.",
    );
  return new PublicError("INTERNAL_ERROR", "Something went wrong on our side. The request itself may be fine.");
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("FST_");
}
