import { createHmac, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import type { SignedRequest } from "../../platform.ts";
import { parseJson } from "../http.ts";
import { metaId } from "./graph.ts";

/**
 * What Meta sends to an app's callbacks in the form field `signed_request`: signature and payload, each in base64url. The
 * signature is the HMAC-SHA256 of the encoded payload with the app's secret. Source: Meta docs, data deletion callback,
 * and Threads docs, uninstall and delete callbacks, 2026. Null if it has another format or algorithm.
 */
export function readSignedRequest(text: string): SignedRequest | null {
  if (text.length > MAX_LENGTH) return null;
  const [, signature = "", payload = ""] = /^([\w-]+)={0,2}\.([\w-]+={0,2})$/.exec(text) ?? [];
  const parsed = content.safeParse(parseJson(Buffer.from(payload, "base64url").toString("utf8")));
  if (!parsed.success) return null;
  const given = Buffer.from(signature, "base64url");
  return {
    personId: parsed.data.user_id,
    issuedAt: new Date(parsed.data.issued_at * 1000),
    isSignedBy(appSecret) {
      const expected = createHmac("sha256", appSecret).update(payload).digest();
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

const MAX_LENGTH = 4096;
/** Of a date: beyond, there is none. */
const LATEST_SECONDS = 8_640_000_000_000;

const content = z.object({
  algorithm: z.literal("HMAC-SHA256"),
  user_id: metaId.pipe(z.string().max(255)),
  issued_at: z.number().int().min(0).max(LATEST_SECONDS),
});
