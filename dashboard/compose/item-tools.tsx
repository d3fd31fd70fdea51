import { useLingui } from "@lingui/react/macro";
import { useContext, useState } from "react";

import type { PlatformName } from "../../model/platform-names.ts";
import { Crop, type Wanted } from "../media/crop.tsx";
import { labelOf } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { CropIcon } from "../ui/icons.tsx";
import { useWords } from "../words/use-words.tsx";
import { DraftContext, useComposer } from "./context.ts";
import { CoverImage } from "./cover.tsx";
import { type Draft, type Item, type Slot, settingsOf, withItem } from "./draft.ts";
import { wantedRatio } from "./wanted-ratios.ts";

interface ItemProps {
  item: Item;
  slot: Slot;
}

/** Replaces an image by a part of it that the platforms accept. */
export function CropItem({ item, slot, count }: ItemProps & { count: number }) {
  const { t } = useLingui();
  const { change } = useComposer();
  const wanted = useWanted(slot, count);
  const [isOpen, setOpen] = useState(false);
  const { src, type, name, width, height } = item.shown;
  const id = item.entry?.id;
  if (typeof id !== "string" || type !== "image" || src === null || width === null || height === null) return null;
  const doesFit = wanted.every(({ min, max }) => width / height >= min && width / height <= max);
  return (
    <>
      <Button kind={doesFit ? "quiet" : "plain"} aria-label={t`Crop ${name}`} onClick={() => setOpen(true)}>
        <CropIcon />
        {doesFit ? t`Crop` : t`Crop to fit`}
      </Button>
      <Crop
        image={{ id, url: src, name, width, height }}
        wanted={wanted}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        onCropped={(media) => {
          setOpen(false);
          change((draft) =>
            withItem(draft, item.key, (before) => ({
              ...before,
              entry: { ...before.entry, id: media.id },
              shown: {
                ...before.shown,
                src: media.url,
                small: media.thumbnailUrl,
                width: media.width,
                height: media.height,
              },
            })),
          );
        }}
      />
    </>
  );
}

function useWanted(slot: Slot, count: number): Wanted[] {
  const { t } = useLingui();
  const say = useWords();
  const { described } = useComposer();
  const draft = useContext(DraftContext);
  if (draft === null) return [];
  return platformsOf(draft, slot).flatMap((platform) => {
    const capabilities = described.get(platform)?.capabilities;
    if (capabilities === undefined) return [];
    const limit = wantedRatio(capabilities, settingsOf(draft, platform)["placement"], count);
    if (limit === null) return [];
    const label = labelOf(platform);
    const words = limit.words && say(limit.words);
    return [
      {
        label: words === undefined ? label : t`${label}: ${words}`,
        min: limit.min ?? 0,
        max: limit.max ?? Infinity,
      },
    ];
  });
}

/** Who gets a list of files. */
function platformsOf({ platforms, overrides }: Draft, { platform }: Slot): readonly PlatformName[] {
  return platform === null ? platforms.filter((each) => overrides[each]?.media === undefined) : [platform];
}

/** The picture that stands for a video, for the platforms that take one with the file. */
export function ItemCover({ item, slot }: ItemProps) {
  const { t } = useLingui();
  const { change, described } = useComposer();
  const draft = useContext(DraftContext);
  const takers =
    draft === null ? [] : platformsOf(draft, slot).filter((each) => described.get(each)?.capabilities.thumbnail);
  if (takers.length === 0 || item.entry === null) return null;
  const names = takers.map(labelOf).join(", ");
  return (
    <CoverImage
      label={t`Cover of ${item.shown.name}`}
      hint={t`For ${names}.`}
      place={item.key}
      id={item.entry.thumbnailMediaId ?? undefined}
      onChange={(id) =>
        change((before) =>
          withItem(before, item.key, (now) => ({
            ...now,
            entry: { ...now.entry, thumbnailUrl: null, thumbnailMediaId: id ?? null },
          })),
        )
      }
    />
  );
}
