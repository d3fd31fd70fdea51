import { Link } from "@tanstack/react-router";

import type { PostSummary } from "../../contract/operations/posts.ts";
import { shownStatus } from "../posts/shown-status.ts";
import { StatusTag } from "../posts/status.tsx";
import { TextPreview } from "../posts/text-preview.tsx";
import { labelOf } from "../start.ts";
import { Time } from "../ui/time.tsx";

/** Posts below each other, each with the way to it. */
export function PostRows({ posts, withStatus = false }: { posts: readonly PostSummary[]; withStatus?: boolean }) {
  return (
    <ul className="divide-y">
      {posts.map((post) => (
        <li key={post.id}>
          <Link
            to="/posts/$id"
            params={{ id: post.id }}
            className={`flex items-center justify-between gap-x-3 gap-y-1.5 py-2.5 text-ink no-underline hover:underline ${withStatus ? "max-sm:flex-wrap" : ""}`}
          >
            <span className={`min-w-0 ${withStatus ? "max-sm:basis-full" : ""}`}>
              <span className="block truncate text-sm font-medium">
                <TextPreview text={post.textPreview} />
              </span>
              <span className="block truncate text-xs text-dim">{post.platforms.map(labelOf).join(", ")}</span>
            </span>
            <span className="shrink-0 text-end text-xs text-dim max-sm:flex max-sm:items-center max-sm:gap-2">
              {withStatus && <StatusTag status={shownStatus(post)} />}
              <span className="block sm:pt-0.5">
                <Time at={withStatus ? post.updatedAt : (post.scheduledFor ?? post.updatedAt)} />
              </span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
