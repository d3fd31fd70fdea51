import { useState } from "react";

import type { PlatformName } from "../../model/platform-names.ts";
import { useMode } from "../shell/mode.ts";
import { PlatformLogo } from "./platform-logo.tsx";

/** The picture of an account, or the first letter of its name, with the logo of its platform. */
export function Avatar({ url, name, platform }: { url: string | null; name: string; platform: PlatformName }) {
  const [isMissing, setIsMissing] = useState(false);
  // The sandbox's pictures have addresses like those of the platforms, and nothing is there.
  const isThere = useMode() === "live" && url !== null && !isMissing;
  return (
    <span className="relative inline-block size-11 shrink-0">
      {!isThere ? (
        <span
          aria-hidden="true"
          className="flex size-full items-center justify-center rounded-full bg-tint font-semibold text-dim uppercase"
        >
          {[...name.replace(/^@/, "")][0]}
        </span>
      ) : (
        <img
          src={url}
          alt=""
          referrerPolicy="no-referrer"
          onError={() => setIsMissing(true)}
          className="size-full rounded-full bg-tint object-cover"
        />
      )}
      <span className="absolute -end-1 -bottom-1 rounded-full border bg-card p-0.5">
        <PlatformLogo platform={platform} className="size-3.5" />
      </span>
    </span>
  );
}

/** What an account is called: "@ampost", or its name where platforms have no usernames. */
export function nameOf({
  username,
  displayName,
  platformAccountId,
}: {
  username: string | null;
  displayName: string | null;
  platformAccountId: string;
}): string {
  return username === null ? (displayName ?? platformAccountId) : `@${username}`;
}
