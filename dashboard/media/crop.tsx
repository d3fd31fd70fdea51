import { useLingui } from "@lingui/react/macro";
import { type PointerEvent, useRef, useState } from "react";

import { type Media, mediaCrop } from "../../contract/operations/media.ts";
import { useWrite } from "../api/use-api.ts";
import { Button, Select } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Dialog, Tag } from "../ui/surfaces.tsx";
import { type Area, largestArea, LEAST_PIXELS, moved, resized, type Size } from "./crop-area.ts";

/** What somebody accepts: a ratio of width to height between two, both included. */
export interface Wanted {
  label: string;
  min: number;
  max: number;
}

export interface CropProps {
  /** A stored image. */
  image: Size & { id: string; url: string; name: string };
  wanted: readonly Wanted[];
  isOpen: boolean;
  onClose: () => void;
  onCropped: (media: Media) => void;
}

/** Crops a stored image: with the pointer on the picture, or with the sliders below it. The original stays. */
export function Crop({ isOpen, onClose, ...rest }: CropProps) {
  const { t } = useLingui();
  return (
    <Dialog title={t`Crop`} isOpen={isOpen} onClose={onClose} isWide>
      <Cropping onClose={onClose} {...rest} />
    </Dialog>
  );
}

const RATIOS: readonly { name: string; ratio: number }[] = [
  { name: "1:1", ratio: 1 },
  { name: "4:5", ratio: 4 / 5 },
  { name: "3:4", ratio: 3 / 4 },
  { name: "9:16", ratio: 9 / 16 },
  { name: "1.91:1", ratio: 1.91 },
  { name: "16:9", ratio: 16 / 9 },
  { name: "3:2", ratio: 3 / 2 },
];

function Cropping({ image, wanted, onClose, onCropped }: Omit<CropProps, "isOpen">) {
  const { t } = useLingui();
  const { mutate, isPending, error } = useWrite(mediaCrop);
  const [name, setName] = useState(() => closest(image, wanted));
  const ratio = RATIOS.find((each) => each.name === name)?.ratio ?? null;
  const [area, setArea] = useState(() => largestArea(image, ratio));
  const fitting = largestArea(image, ratio);
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        mutate({ params: { id: image.id }, body: area }, { onSuccess: ({ media }) => onCropped(media) });
      }}
    >
      <Frame image={image} area={area} ratio={ratio} onArea={setArea} />
      <ul className="flex flex-wrap gap-1.5" aria-label={t`Where it fits`}>
        {wanted.map((each) => (
          <li key={each.label}>
            <Tag tone={isFor(area, each) ? "good" : "bad"}>
              {isFor(area, each) ? t`Fits ${each.label}` : t`Does not fit ${each.label}`}
            </Tag>
          </li>
        ))}
      </ul>
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label={t`Ratio`}
          hint={t`${area.width} × ${area.height} pixels`}
          value={name}
          onChange={({ target }) => {
            setName(target.value);
            setArea(largestArea(image, RATIOS.find((each) => each.name === target.value)?.ratio ?? null));
          }}
          options={[{ value: "", name: t`Free` }, ...RATIOS.map((each) => ({ value: each.name, name: each.name }))]}
        />
        <div className="space-y-3">
          <Slider
            label={ratio === null ? t`Width` : t`Size`}
            value={area.width}
            min={LEAST_PIXELS}
            max={fitting.width}
            onChange={(pixels) => setArea(resized(image, area, "width", pixels, ratio))}
          />
          {ratio === null && (
            <Slider
              label={t`Height`}
              value={area.height}
              min={LEAST_PIXELS}
              max={image.height}
              onChange={(pixels) => setArea(resized(image, area, "height", pixels, ratio))}
            />
          )}
          <Slider
            label={t`From the left`}
            value={area.x}
            max={image.width - area.width}
            onChange={(x) => setArea(moved(image, area, x, area.y))}
          />
          <Slider
            label={t`From the top`}
            value={area.y}
            max={image.height - area.height}
            onChange={(y) => setArea(moved(image, area, area.x, y))}
          />
        </div>
      </div>
      {error !== null && <Failure error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{t`Back`}</Button>
        <Button type="submit" kind="main" isBusy={isPending}>
          {t`Crop`}
        </Button>
      </div>
    </form>
  );
}

/** The ratio that all accept and that leaves the most of the image. */
function closest(image: Size, wanted: readonly Wanted[]): string {
  const isForAll = (area: Size) => wanted.every((each) => isFor(area, each));
  if (isForAll(image)) return "";
  const sizeOf = ({ width, height }: Size) => width * height;
  return (
    RATIOS.map(({ name, ratio }) => ({ name, area: largestArea(image, ratio) }))
      .filter(({ area }) => isForAll(area))
      .toSorted((a, b) => sizeOf(b.area) - sizeOf(a.area))[0]?.name ?? ""
  );
}

function isFor({ width, height }: Size, { min, max }: Wanted): boolean {
  return width / height >= min && width / height <= max;
}

const CORNERS = [
  { name: "top start", className: "top-0 left-0 cursor-nwse-resize", x: -1, y: -1 },
  { name: "top end", className: "top-0 right-0 cursor-nesw-resize", x: 1, y: -1 },
  { name: "bottom start", className: "bottom-0 left-0 cursor-nesw-resize", x: -1, y: 1 },
  { name: "bottom end", className: "right-0 bottom-0 cursor-nwse-resize", x: 1, y: 1 },
] as const;

/** The picture with the part that stays. The same is done by the sliders, so it is no control for the keyboard. */
function Frame({
  image,
  area,
  ratio,
  onArea,
}: {
  image: CropProps["image"];
  area: Area;
  ratio: number | null;
  onArea: (area: Area) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const grip = useRef<{ x: number; y: number; area: Area; corner: { x: number; y: number } | null }>(null);
  const scale = () => image.width / (box.current?.clientWidth ?? image.width);
  const take = (corner: { x: number; y: number } | null) => (event: PointerEvent) => {
    event.stopPropagation();
    event.preventDefault();
    grip.current = { x: event.clientX, y: event.clientY, area, corner };
    box.current?.setPointerCapture(event.pointerId);
  };
  const drag = (event: PointerEvent) => {
    const { current: held } = grip;
    if (held === null) return;
    const right = (event.clientX - held.x) * scale();
    const down = (event.clientY - held.y) * scale();
    if (held.corner === null) return onArea(moved(image, held.area, held.area.x + right, held.area.y + down));
    // Sizes change around the middle, so that each corner moves by half.
    const wide = resized(image, held.area, "width", held.area.width + 2 * right * held.corner.x, ratio);
    onArea(ratio === null ? resized(image, wide, "height", held.area.height + 2 * down * held.corner.y, ratio) : wide);
  };
  const percent = (pixels: number, of: number) => `${(pixels / of) * 100}%`;
  return (
    <div className="flex justify-center p-3">
      <div
        ref={box}
        aria-hidden="true"
        className="relative max-w-full touch-none overflow-hidden select-none"
        style={{
          aspectRatio: `${image.width} / ${image.height}`,
          width: `min(100%, 45dvh * ${image.width / image.height})`,
        }}
        onPointerMove={drag}
        onPointerUp={() => (grip.current = null)}
        onPointerCancel={() => (grip.current = null)}
      >
        <img src={image.url} alt="" draggable={false} className="size-full rounded-sm" />
        <div
          className="absolute cursor-move border-2 border-[#fff] shadow-[0_0_0_100vmax_rgb(0_0_0/0.55)]"
          style={{
            left: percent(area.x, image.width),
            top: percent(area.y, image.height),
            width: percent(area.width, image.width),
            height: percent(area.height, image.height),
          }}
          onPointerDown={take(null)}
        >
          {CORNERS.map(({ name, className, ...corner }) => (
            <span
              key={name}
              className={`absolute grid size-8 place-items-center ${className}`}
              onPointerDown={take(corner)}
            >
              <span className="size-3.5 rounded-full border-2 border-[#333] bg-[#fff]" />
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

function Slider({
  label,
  value,
  min = 0,
  max,
  onChange,
}: {
  label: string;
  value: number;
  min?: number;
  max: number;
  onChange: (value: number) => void;
}) {
  return (
    <label className="flex items-center gap-3 text-sm">
      <span className="w-28 shrink-0 font-semibold">{label}</span>
      <input
        type="range"
        className="h-8 min-w-0 grow accent-(--link)"
        min={Math.min(min, max)}
        max={max}
        disabled={max <= Math.min(min, max)}
        value={value}
        onChange={({ target }) => onChange(Number(target.value))}
      />
    </label>
  );
}
