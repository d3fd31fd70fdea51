import { useLingui } from "@lingui/react/macro";

import { Button } from "./controls.tsx";

/** Leads through the pages of a list, newest first. Shows nothing if there is only one. */
export function Pages({
  total,
  size,
  offset,
  onOffset,
}: {
  total: number;
  size: number;
  offset: number;
  onOffset: (offset: number) => void;
}) {
  const { t } = useLingui();
  if (total <= size && offset === 0) return null;
  const [first, last] = [Math.min(offset + 1, total), Math.min(offset + size, total)];
  return (
    <div className="mt-3 flex flex-wrap items-center justify-between gap-2 text-sm">
      <span className="text-dim" role="status">{t`${first}–${last} of ${total}`}</span>
      <div className="flex gap-2">
        <Button disabled={offset === 0} onClick={() => onOffset(Math.max(0, offset - size))}>{t`Newer`}</Button>
        <Button disabled={last >= total} onClick={() => onOffset(offset + size)}>{t`Older`}</Button>
      </div>
    </div>
  );
}
