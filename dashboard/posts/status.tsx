import { useLingui } from "@lingui/react/macro";

import type { PlatformPostStatus, PostStatus } from "../../model/status.ts";
import { Tag, type Tone } from "../ui/surfaces.tsx";

const TONES: Record<PostStatus | PlatformPostStatus, Tone> = {
  draft: "neutral",
  scheduled: "info",
  pending: "info",
  queued: "warn",
  posting: "warn",
  published: "good",
  partial: "bad",
  failed: "bad",
  unknown: "warn",
  discarded: "neutral",
};

/** The status of a post or platform post, in the words of the API's list. */
export function useStatusNames(): Record<PostStatus | PlatformPostStatus, string> {
  const { t } = useLingui();
  return {
    draft: t`Draft`,
    scheduled: t`Scheduled`,
    pending: t`Waiting for its time`,
    queued: t`Queued`,
    posting: t`Publishing`,
    published: t`Published`,
    partial: t`Partly published`,
    failed: t`Failed`,
    unknown: t`Outcome unknown`,
    discarded: t`Cancelled`,
  };
}

export function StatusTag({ status }: { status: PostStatus | PlatformPostStatus }) {
  const names = useStatusNames();
  return <Tag tone={TONES[status]}>{names[status]}</Tag>;
}
