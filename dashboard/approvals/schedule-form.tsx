import { useLingui } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import type { AmpostError } from "../../client/errors.ts";
import type { Account } from "../../contract/operations/accounts.ts";
import { type Approval, postsApprove } from "../../contract/operations/approvals.ts";
import { type Post, postsUpdate } from "../../contract/operations/posts.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { useWrite } from "../api/use-api.ts";
import { Sharing } from "../posts/sharing.tsx";
import { start } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { LocalTimeField } from "../ui/local-time-field.tsx";
import { type LocalTime, scheduledAt } from "../ui/local-time.ts";
import { useToasts } from "../ui/toasts.tsx";
import { REVIEWED } from "./reviewed.ts";
import { useSeen } from "./use-seen.ts";

/** Schedules a post as it is shown. Approved after that, because scheduling is an edit, which removes an approval. */
export function ScheduleForm({
  approval,
  post,
  accounts,
  onDone,
}: {
  approval: Approval;
  post: Post;
  accounts: readonly Account[];
  onDone: () => void;
}) {
  const { t } = useLingui();
  const toasts = useToasts();
  const seen = useSeen(approval);
  const update = useWrite(postsUpdate, REVIEWED);
  const approve = useWrite(postsApprove, REVIEWED);
  const [time, setTime] = useState<LocalTime>({ local: "", at: null });
  const params = { id: post.id };
  const schedule = useMutation<void, AmpostError>({
    mutationFn: async () => {
      const body = scheduledAt(time, start.user.timeZone);
      await update.mutateAsync({ params, body, ifMatch: await seen() });
      if (post.approval !== null) await approve.mutateAsync({ params, body: { contentHash: approval.contentHash } });
    },
    onSuccess: () => {
      toasts.say(t`The post has been scheduled.`);
      onDone();
    },
  });
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        schedule.mutate();
      }}
    >
      <LocalTimeField
        label={t`Time`}
        hint={t`In your time zone, ${start.user.timeZone}.`}
        required
        time={time}
        timeZone={start.user.timeZone}
        onChange={setTime}
        error={errorAt(schedule.error, "/scheduledFor") ?? errorElsewhere(schedule.error, ["/scheduledFor"])}
      />
      <Sharing post={post} accounts={accounts} />
      <Button type="submit" kind="main" isBusy={schedule.isPending}>
        {t`Schedule`}
      </Button>
    </form>
  );
}
