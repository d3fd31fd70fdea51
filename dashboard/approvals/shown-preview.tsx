import { Trans, useLingui } from "@lingui/react/macro";

import type { Account } from "../../contract/operations/accounts.ts";
import type { ShownMedia } from "../../contract/operations/approvals.ts";
import { withoutTurns } from "../../model/text-direction.ts";
import { wordsOf } from "../platforms/words.ts";
import { labelOf } from "../start.ts";
import { Avatar, nameOf } from "../ui/avatar.tsx";
import { Notice, Tag } from "../ui/surfaces.tsx";
import type { Preview, PreviewMedia } from "./previews.ts";

/** What one or several platforms get: by which account, text, pictures and settings. */
export function ShownPreview({ preview, accounts }: { preview: Preview; accounts: readonly Account[] | null }) {
  const { t } = useLingui();
  const { platforms, parts, linkUrl, pictures, settings } = preview;
  return (
    <div className="min-w-0 space-y-3 rounded-xl border p-3 sm:p-4">
      <ul className="flex flex-wrap gap-x-5 gap-y-2">
        {platforms.map((platform) => {
          const account = accounts?.find((each) => each.platform === platform);
          return (
            <li key={platform} className="flex min-w-0 items-center gap-3 text-sm">
              <Avatar
                url={account?.avatarUrl ?? null}
                name={account === undefined ? labelOf(platform) : nameOf(account)}
                platform={platform}
              />
              <span className="min-w-0">
                <span className="block font-semibold">{labelOf(platform)}</span>
                {account === undefined ? (
                  accounts !== null && <Tag tone="bad">{t`No account connected`}</Tag>
                ) : (
                  <span className="block text-dim">{withoutTurns(nameOf(account))}</span>
                )}
              </span>
            </li>
          );
        })}
      </ul>
      {parts.map(({ text, media }, index) => (
        // The parts of a thread have no names of their own, and never move.
        <div key={index} className={index === 0 ? "space-y-3" : "space-y-3 border-t pt-3"}>
          {index > 0 && <h3 className="text-xs font-semibold text-dim">{t`Part ${index + 1}`}</h3>}
          <p className="text-sm whitespace-pre-wrap">
            {text.trim() === "" ? <span className="text-dim">{t`No text`}</span> : withoutTurns(text)}
          </p>
          {media.length > 0 && (
            <ul className={`grid gap-2 ${media.length > 1 ? "grid-cols-2" : ""}`}>
              {media.map((each, place) => (
                <li key={each.media?.path ?? place} className="min-w-0">
                  <ShownFile {...each} />
                </li>
              ))}
            </ul>
          )}
        </div>
      ))}
      {linkUrl !== null && (
        <p className="text-sm">
          <span className="text-dim">{t`Link`}</span> {withoutTurns(linkUrl)}
        </p>
      )}
      {pictures.map(({ name, media }) => (
        <figure key={name}>
          <figcaption className="mb-1 text-xs font-semibold text-dim">{wordsOf(name)}</figcaption>
          <ShownFile media={media} thumbnail={undefined} altText="" />
        </figure>
      ))}
      {settings.length > 0 && (
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
          {settings.map(({ name, value }) => (
            <div key={name} className="contents">
              <dt className="text-dim">{wordsOf(name)}</dt>
              <dd className="min-w-0 whitespace-pre-wrap">{withoutTurns(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

/** A file as it is stored and would be published. Nothing is asked of the server it came from. */
function ShownFile({ media, thumbnail, altText }: PreviewMedia) {
  const { t } = useLingui();
  if (media === undefined) return <Notice tone="warn">{t`The file is missing.`}</Notice>;
  if (media.url === null)
    return (
      <Notice tone="warn">
        {media.status === "failed" ? (
          <Trans>
            {withoutTurns(media.filename)} could not be fetched. {withoutTurns(media.error ?? "")}
          </Trans>
        ) : (
          <Trans>{withoutTurns(media.filename)} is being fetched.</Trans>
        )}
      </Notice>
    );
  return (
    <>
      {media.type === "video" ? (
        <video
          src={media.url}
          controls
          preload="metadata"
          aria-label={altText === "" ? withoutTurns(media.filename) : withoutTurns(altText)}
          className="max-h-96 w-full rounded-lg bg-tint"
          {...(thumbnail?.url ? { poster: thumbnail.url } : {})}
        />
      ) : (
        <ShownImage media={media} altText={altText} />
      )}
      {altText !== "" && (
        <p className="mt-1 text-xs text-dim">
          <Trans>Alt text: {withoutTurns(altText)}</Trans>
        </p>
      )}
    </>
  );
}

function ShownImage({ media, altText }: { media: ShownMedia; altText: string }) {
  const { t } = useLingui();
  return (
    <a href={media.url ?? ""} target="_blank" rel="noreferrer" aria-label={t`Open ${withoutTurns(media.filename)}`}>
      <img
        src={media.url ?? ""}
        alt={withoutTurns(altText)}
        loading="lazy"
        className="max-h-96 w-full rounded-lg bg-tint object-contain"
      />
    </a>
  );
}
