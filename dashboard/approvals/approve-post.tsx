import { useLingui } from "@lingui/react/macro";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { postsApproval } from "../../contract/operations/approvals.ts";
import { MODES } from "../../model/platform-names.ts";
import { useRead } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { buttonClass } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Loading, View } from "../ui/surfaces.tsx";
import { ReviewCard } from "./review-card.tsx";

/** One post, for review. Whoever got the link need not know its mode. */
export function ApprovePost() {
  const { t } = useLingui();
  const { id } = useParams({ from: "/posts/$id/approve" });
  const mode = useMode();
  const navigate = useNavigate();
  const [isDeciding, setDeciding] = useState(false);
  const { data, error, refetch } = useRead(
    postsApproval,
    { params: { id } },
    { everyMilliseconds: 10_000, enabled: !isDeciding },
  );
  const isElsewhere = error?.code === "POST_NOT_FOUND";
  const other = MODES.find((each) => each !== mode) ?? mode;
  const { data: found } = useRead(postsApproval, { params: { id } }, { enabled: isElsewhere, mode: other });
  useEffect(() => {
    if (isElsewhere && found !== undefined)
      void navigate({ to: ".", search: (before) => ({ ...before, mode: other }), replace: true });
  }, [isElsewhere, found, other, navigate]);
  return (
    <View
      title={t`Review post`}
      actions={
        <>
          <Link to="/posts/$id" params={{ id }} className={buttonClass()}>
            {t`Post`}
          </Link>
          <Link to="/approvals" className={buttonClass()}>
            {t`All approvals`}
          </Link>
        </>
      }
    >
      {error !== null && found === undefined && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading rows={3} />}
      {data !== undefined && <ReviewCard key={id} approval={data.approval} post={data.post} onDeciding={setDeciding} />}
    </View>
  );
}
