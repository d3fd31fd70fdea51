import { z } from "zod";

/** LinkedIn's responses, only the fields that are used. */

/** Where bytes may be sent: a response with another host is rejected. */
const uploadUrl = z.url({ protocol: /^https$/, hostname: /^([a-z0-9-]+\.)*(linkedin|licdn)\.com$/ });

export const imageUpload = z.object({
  value: z.object({ image: z.string().regex(/^urn:li:(?:image|digitalmediaAsset):[A-Za-z0-9_-]+$/), uploadUrl }),
});

export const videoUpload = z.object({
  value: z.object({
    video: z.string().regex(/^urn:li:(?:video|digitalmediaAsset):[A-Za-z0-9_-]+$/),
    uploadToken: z.string().nullish(),
    uploadInstructions: z.array(z.object({ uploadUrl, firstByte: z.int().min(0), lastByte: z.int().min(0) })).min(1),
    thumbnailUploadUrl: uploadUrl.nullish().catch(null),
  }),
});

export const videoStatus = z.object({ status: z.string(), processingFailureReason: z.string().nullish() });

/** `urn:li:share:…` or `urn:li:ugcPost:…`, as LinkedIn gives it. */
/** Headers may have it percent-encoded. Source: LinkedIn's own client, which decodes it. */
export const postUrn = z
  .string()
  .transform((urn) => urn.replaceAll(/%3A/gi, ":"))
  .pipe(z.string().regex(/^urn:li:(?:share|ugcPost|activity):[A-Za-z0-9_-]+$/));

export const commentList = z.object({
  elements: z.array(z.object({ message: z.object({ text: z.string().nullish() }).nullish() })),
});

export const tokens = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().nullish(),
  scope: z.string().nullish(),
  refresh_token: z.string().nullish(),
  refresh_token_expires_in: z.number().nullish(),
});

export const userInfo = z.object({
  sub: z.string().min(1),
  name: z.string().nullish(),
  given_name: z.string().nullish(),
  family_name: z.string().nullish(),
  picture: z.string().nullish(),
  // Documented as text, observed as an object.
  locale: z
    .union([z.string(), z.object({ country: z.string().nullish(), language: z.string().nullish() })])
    .nullish()
    .catch(null),
  email: z.string().nullish(),
  email_verified: z.union([z.boolean(), z.stringbool()]).nullish().catch(null),
});

/** The error formats; all fields can be missing. */
export const errorBody = z.object({
  message: z.string().nullish().catch(null),
  code: z.string().nullish().catch(null),
  serviceErrorCode: z.union([z.number(), z.string()]).transform(String).nullish().catch(null),
  errorDetails: z
    .object({ inputErrors: z.array(z.object({ code: z.string().nullish() })).nullish() })
    .nullish()
    .catch(null),
});
