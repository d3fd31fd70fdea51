import type { Fidelity } from "../../../sandbox/platform.ts";

/** What each route of this sandbox is written from. Every route has one row. */
export const FIDELITY: readonly Fidelity[] = [
  {
    routes: ["GET www.linkedin.com/oauth/v2/authorization", "POST www.linkedin.com/oauth/v2/authorization"],
    source: "LinkedIn docs, authorization-code-flow",
    date: "2026",
    clients: ["Postiz"],
  },
  {
    routes: ["POST www.linkedin.com/oauth/v2/accessToken"],
    source: "LinkedIn docs, authorization-code-flow and programmatic-refresh-tokens",
    date: "2026",
    clients: ["Postiz", "linkedin-api-client"],
  },
  {
    routes: ["POST www.linkedin.com/oauth/v2/introspectToken"],
    source: "LinkedIn docs, token-introspection",
    date: "2026",
    clients: [],
  },
  {
    routes: ["POST www.linkedin.com/oauth/v2/revoke"],
    source: "Undocumented; several clients use it",
    date: "2026",
    clients: [],
  },
  {
    routes: ["GET api.linkedin.com/v2/userinfo"],
    source: "LinkedIn docs, sign-in-with-linkedin-v2",
    date: "2026",
    clients: ["Postiz", "brightbean", "linkedin-api-client"],
  },
  {
    routes: ["GET api.linkedin.com/v2/me"],
    source: "Field reports: refused to members",
    date: "2026",
    clients: [],
  },
  {
    routes: ["POST api.linkedin.com/rest/images", "PUT www.linkedin.com/dms-uploads/{id}/uploaded-image/0"],
    source: "LinkedIn docs, images-api",
    date: "2026-05",
    clients: ["Postiz", "brightbean", "linkedin-api-client"],
  },
  {
    routes: ["GET api.linkedin.com/rest/images/{urn}"],
    source: "LinkedIn docs, images-api; field reports",
    date: "2026-05",
    clients: [],
  },
  {
    routes: [
      "POST api.linkedin.com/rest/videos",
      "GET api.linkedin.com/rest/videos/{urn}",
      "PUT www.linkedin.com/dms-uploads/{id}/uploadedVideo/{part}",
    ],
    source: "LinkedIn docs, videos-api",
    date: "2026-05",
    clients: ["brightbean"],
  },
  {
    routes: ["PUT www.linkedin.com/dms-uploads/{id}/thumbnail/0", "PUT www.linkedin.com/dms-uploads/{id}/captions/0"],
    source: "LinkedIn docs, videos-api",
    date: "2026-05",
    clients: [],
  },
  {
    routes: [
      "POST api.linkedin.com/rest/documents",
      "GET api.linkedin.com/rest/documents/{urn}",
      "PUT www.linkedin.com/dms-uploads/{id}/ads-uploadedDocument/0",
    ],
    source: "LinkedIn docs, documents-api",
    date: "2026-05",
    clients: [],
  },
  {
    routes: ["POST api.linkedin.com/rest/posts"],
    source: "LinkedIn docs, posts-api, post-api-schema and little-text-format; field reports",
    date: "2026-05",
    clients: ["Postiz", "brightbean", "linkedin-api-client"],
  },
  {
    routes: [
      "POST api.linkedin.com/rest/posts/{urn}",
      "DELETE api.linkedin.com/rest/posts/{urn}",
      "GET api.linkedin.com/rest/posts",
      "GET api.linkedin.com/rest/posts/{urn}",
    ],
    source: "LinkedIn docs, posts-api; field reports",
    date: "2026-05",
    clients: [],
  },
  {
    routes: [
      "POST api.linkedin.com/rest/socialActions/{urn}/comments",
      "GET api.linkedin.com/rest/socialActions/{urn}/comments",
      "DELETE api.linkedin.com/rest/socialActions/{urn}/comments/{id}",
    ],
    source: "LinkedIn docs, comments-api; the limit from field reports",
    date: "2026",
    clients: [],
  },
  {
    routes: ["GET media.licdn.com/dms/image/{name}"],
    source: "The pictures are the sandbox's",
    date: "2026",
    clients: [],
  },
];
