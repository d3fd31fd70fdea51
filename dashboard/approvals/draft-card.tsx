import { postsApproval } from "../../contract/operations/approvals.ts";
import { useRead } from "../api/use-api.ts";
import { Failure } from "../ui/failure.tsx";
import { Loading } from "../ui/surfaces.tsx";
import { ReviewCard } from "./review-card.tsx";

/** A draft as it would be published. */
export function DraftCard({ id }: { id: string }) {
  const { data, error, refetch } = useRead(postsApproval, { params: { id } });
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={3} />;
  return <ReviewCard approval={data.approval} post={data.post} />;
}
