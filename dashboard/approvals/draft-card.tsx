import { postsApproval } from "../../contract/operations/approvals.ts";
import { useRead } from "../api/use-api.ts";
import { Failure } from "../ui/failure.tsx";
import { Loading } from "../ui/surfaces.tsx";
import type { Deciding } from "./review-actions.tsx";
import { ReviewCard } from "./review-card.tsx";

const FRESH_MILLISECONDS = 10_000;

/** A draft as it would be published. */
export function DraftCard({ id, isDeciding, onDeciding }: { id: string } & Deciding) {
  const { data, error, refetch } = useRead(
    postsApproval,
    { params: { id } },
    { everyMilliseconds: FRESH_MILLISECONDS, enabled: !isDeciding },
  );
  if (data === undefined && error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={3} />;
  return <ReviewCard approval={data.approval} post={data.post} onDeciding={onDeciding} />;
}
