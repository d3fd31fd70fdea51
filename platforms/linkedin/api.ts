import type { z } from "zod";

import { unreadable } from "../kit/errors.ts";
import type { HttpAnswer, HttpRequest } from "../kit/http.ts";
import type { StepContext } from "../platform.ts";
import { chosenVersion, replacementOf } from "./deprecations.ts";
import { classify, VERSION_STEP, type Circumstances } from "./errors.ts";

/** Calls of LinkedIn's versioned REST API. Source: LinkedIn docs, versioning, 2026. */
const BASE = "https://api.linkedin.com/rest";

export function restRequest(context: StepContext, method: "GET" | "POST", path: string, json?: unknown): HttpRequest {
  return {
    method,
    url: `${BASE}/${path}`,
    headers: {
      authorization: `Bearer ${context.accessToken}`,
      "linkedin-version": versionOf(context),
      "x-restli-protocol-version": "2.0.0",
    },
    json,
  };
}

/** Sends a request and reads its response. Throws a BrokerError if LinkedIn rejects it. */
export async function callRest<T>(context: StepContext, schema: z.ZodType<T>, request: HttpRequest): Promise<T> {
  const answer = await sendOrThrow(context, request);
  const parsed = schema.safeParse(answer.json());
  if (parsed.success) return parsed.data;
  throw unreadable("LinkedIn", answer, answer.headers["x-li-uuid"] ?? null, parsed.error);
}

/** For responses without a body. */
export async function sendOrThrow(context: StepContext, request: HttpRequest): Promise<HttpAnswer> {
  const answer = await context.http.send(request);
  if (!isGood(answer)) throw classify(answer, circumstancesOf(context));
  return answer;
}

export function isGood({ status }: HttpAnswer): boolean {
  return status >= 200 && status <= 299;
}

/** The one that the post's first step has chosen. */
function versionOf({ checkpoint, environment }: StepContext): string {
  const chosen = checkpoint[VERSION_STEP];
  return typeof chosen === "string" ? chosen : chosenVersion(environment);
}

export function circumstancesOf(context: StepContext): Circumstances {
  const [first] = context.content.media;
  const uploadStep = first === undefined ? null : first.type === "video" ? "video" : "image-1";
  return {
    now: context.now,
    accountId: context.account.platformAccountId,
    newerVersion: replacementOf(versionOf(context), context.environment),
    uploadStep,
  };
}
