import { useLingui } from "@lingui/react/macro";

import { Button } from "../ui/controls.tsx";
import { Said } from "../words/use-words.tsx";
import { useProgress } from "./upload.ts";

/** How far an item is on its way, or why it failed; nothing if it is there. */
export function UploadProgress({ id }: { id: string }) {
  const { t } = useLingui();
  const progress = useProgress(id);
  if (progress === undefined) return null;
  if (progress.error !== null)
    return (
      <div role="alert" className="text-sm text-bad">
        <Said text={progress.error} />
        <Button className="ms-2 min-h-8" onClick={() => progress.again?.()}>
          {t`Try again`}
        </Button>
      </div>
    );
  if (progress.share === null) return <progress className="w-full" aria-label={t`Being fetched`} />;
  const percent = Math.round(progress.share * 100);
  return <progress className="w-full" max={100} value={percent} aria-label={t`Uploading: ${percent} %`} />;
}
