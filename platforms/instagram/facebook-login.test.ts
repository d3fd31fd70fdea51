import { testPlatform } from "../conformance/index.ts";

/** The same posts by accounts connected through Facebook: another host, the Page's token, and videos as bytes. */
testPlatform({
  name: "instagram",
  login: "facebook",
  features: { firstComment: "First." },
  readsBack: true,
  refusals: [
    { error: "190/492", operation: "publish", code: "AUTH_REVOKED" },
    { error: "identity-4854002", operation: "publish", code: "PAGE_IDENTITY_CONFIRMATION_REQUIRED" },
    { error: "80001", operation: "create", code: "RATE_LIMITED" },
    { error: "processing-error-2207076", operation: "create", code: "MEDIA_UPLOAD_FAILED", times: 50, with: "video" },
    { error: "upload-interrupt-at-4096", operation: "upload", code: "BROKER_ERROR", with: "video", isLive: true },
    { error: "publish-drop-connection-but-live", operation: "publish", code: "BROKER_ERROR", isLive: true },
  ],
});
