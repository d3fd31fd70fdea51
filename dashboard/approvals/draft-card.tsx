import { postsApproval } from "../../contract/operations/approvals.ts";
import { useRead } from "../api/use-api.ts";
import { Failure } from "../ui/failure.tsx";
import { Skeleton } from "../ui/surfaces.tsx";
import { ReviewCard } from "./review-card.tsx";

/** A draft as it would be published. */
export function DraftCard({ id }: { id: string }) {
  const { data, error, refetch } = useRead(postsApproval, { params: { id } });
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeleton className="h-48" />;
  return <ReviewCard approval={data.approval} post={data.post} />;
}
