export { createClient, type Client, type ClientOptions, type MediaAnswer } from "./create-client.ts";
export { AmpostError, type FailureCode, type UsedUpLimit } from "./errors.ts";
export { verifyWebhook, WebhookVerificationError, type WebhookEvent, type WebhookRequest } from "./verify-webhook.ts";
export type { CallOptions, WriteOptions } from "./call.ts";
export type {
  CancelledPosts,
  CreatedPosts,
  PostAnswer,
  PostPage,
  PostValidation,
  PostWithWarnings,
  Wait,
  WaitOptions,
} from "./posts.ts";
export type { TenantAnswer } from "./tenants.ts";
export type { UploadOptions, UploadProgress, UploadSource } from "./upload.ts";
export type * from "./types.ts";
