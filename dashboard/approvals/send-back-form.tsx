import { Trans, useLingui } from "@lingui/react/macro";

import { type Approval, postsSendBack } from "../../contract/operations/approvals.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { useWrite } from "../api/use-api.ts";
import { Button, TextArea } from "../ui/controls.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { REVIEWED } from "./reviewed.ts";

/** Asks for changes instead of approving. */
export function SendBackForm({
  approval,
  reason,
  onReason,
  onDone,
}: {
  approval: Approval;
  reason: string;
  onReason: (reason: string) => void;
  onDone: () => void;
}) {
  const { t } = useLingui();
  const toasts = useToasts();
  const sendBack = useWrite(postsSendBack, REVIEWED);
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        sendBack.mutate(
          { params: { id: approval.postId }, body: { contentHash: approval.contentHash, reason } },
          {
            onSuccess: () => {
              toasts.say(t`The post has been sent back.`);
              onReason("");
              onDone();
            },
          },
        );
      }}
    >
      <TextArea
        label={t`What should change?`}
        hint={<Trans>Whoever made the post reads this in its approval.</Trans>}
        value={reason}
        autoFocus
        required
        maxLength={1000}
        onChange={({ target }) => onReason(target.value)}
        error={errorAt(sendBack.error, "/reason") ?? errorElsewhere(sendBack.error, ["/reason"])}
      />
      <Button type="submit" kind="main" isBusy={sendBack.isPending}>
        {t`Send back`}
      </Button>
    </form>
  );
}
