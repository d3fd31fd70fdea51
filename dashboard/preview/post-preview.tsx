import { memo, type ReactNode, Suspense, use, useEffect, useMemo, useState } from "react";
import { createPortal } from "react-dom";

import { type Account } from "../../contract/operations/accounts.ts";
import { mediaGet } from "../../contract/operations/media.ts";
import { COVER_MEDIA_ID } from "../../model/capabilities.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { PostContent } from "../../model/post.ts";
import { useRead } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { labelOf } from "../start.ts";
import { Loading } from "../ui/surfaces.tsx";
import { useWords } from "../words/use-words.tsx";
import { cardOf } from "./cards.ts";
import { toReact } from "./to-react.ts";

interface PostPreviewProps {
  platform: PlatformName;
  /** Each medium has the `url` at which it can be seen, if there is one. */
  content: PostContent;
  account: Account | undefined;
  /** Of a cover that is a stored file; otherwise it is looked up. */
  coverUrl?: string | undefined;
  publishedAt?: string | null;
  /** Shows all of a text, of which feeds show the beginning. */
  isUnfolded?: boolean;
}

/** A post as a platform's audience will see it, drawn as on the sandbox's page. */
export const PostPreview = memo(function PostPreview(props: PostPreviewProps) {
  return (
    <Suspense fallback={<Loading rows={2} />}>
      <DrawnPost {...props} />
    </Suspense>
  );
});

function DrawnPost({ platform, content, account, coverUrl, publishedAt = null, isUnfolded = false }: PostPreviewProps) {
  const card = use(cardOf(platform));
  const say = useWords();
  const author = useAuthor(platform, account);
  const { media, settings } = content.platformOverrides[platform] ?? {};
  const [only, ...more] = media ?? content.media;
  const cover = useCover(settings?.[COVER_MEDIA_ID] ?? (more.length === 0 ? only?.thumbnailMediaId : undefined));
  const shown = useMemo(
    () => card && toReact(card.draw(content, author, { coverUrl: coverUrl ?? cover, publishedAt }), say, isUnfolded),
    [card, content, author, coverUrl, cover, publishedAt, say, isUnfolded],
  );
  return (
    card && (
      <Apart sheet={card.sheet}>
        <div className={`on-${platform}`}>{shown}</div>
      </Apart>
    )
  );
}

function useAuthor(platform: PlatformName, account: Account | undefined) {
  const isLive = useMode() === "live";
  return useMemo(() => {
    const { username, displayName, avatarUrl } = account ?? {};
    const name = displayName ?? username ?? labelOf(platform);
    // There is nothing at the sandbox's addresses.
    const avatar = isLive ? (avatarUrl ?? undefined) : undefined;
    return { username: username ?? name, name, url: "", avatar };
  }, [platform, account, isLive]);
}

function useCover(id: unknown): string | undefined {
  const isStored = typeof id === "string";
  const { data } = useRead(mediaGet, { params: { id: isStored ? id : "" } }, { enabled: isStored });
  return (isStored ? data?.media.url : null) ?? undefined;
}

/** With styles of its own, which neither reach the app nor are reached by the app's. */
function Apart({ sheet, children }: { sheet: CSSStyleSheet; children: ReactNode }) {
  const [root, setRoot] = useState<ShadowRoot | null>(null);
  useEffect(() => {
    if (root !== null) root.adoptedStyleSheets = [sheet];
  }, [root, sheet]);
  return (
    <div
      ref={(host) => {
        if (host !== null) setRoot(host.shadowRoot ?? host.attachShadow({ mode: "open" }));
      }}
      className="overflow-hidden rounded-xl border"
    >
      {root !== null && createPortal(children, root)}
    </div>
  );
}
