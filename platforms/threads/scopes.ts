import type { SignInScopes } from "../definition.ts";

/** Source: Threads docs, get-access-tokens-and-permissions, 2026. */
export const scopes = {
  THREADS: [
    {
      name: "threads_basic",
      why: "Shows which Threads profile is connected, keeps its access renewed, and reads the links of its posts.",
      usedBy: { operations: ["connections_choose", "accounts_refresh"], steps: ["permalink"] },
    },
    {
      name: "threads_content_publish",
      why: "Publishes the posts that the person writes in Ampost to their own profile.",
      usedBy: { steps: ["container-1", "ready-1", "quota", "publish-1"] },
    },
    {
      name: "threads_manage_replies",
      why: "Publishes the further parts of a thread and the person's replies, and sets who can reply to their posts.",
      usedBy: { steps: ["quota", "container-2", "publish-2"] },
      without: "Threads, replies, and settings for who can reply are not available.",
      settings: { replyControl: "rejected", replyTo: "rejected", thread: "rejected" },
    },
  ],
} satisfies SignInScopes;
