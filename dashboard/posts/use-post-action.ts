import { useLingui } from "@lingui/react/macro";
import { useState } from "react";

import type { AmpostError } from "../../client/errors.ts";
import type { Operation } from "../../contract/operation.ts";
import { useWrite } from "../api/use-api.ts";
import { needsApproval } from "../shell/workspace.ts";
import { useToasts } from "../ui/toasts.tsx";
import type { FollowedPost } from "./use-post.ts";

/** An action on a post that is confirmed first. */
export interface PostAction {
  isOpen: boolean;
  isBusy: boolean;
  error: AmpostError | null;
  begin: () => void;
  onClose: () => void;
  run: (body?: object) => void;
}

/**
 * It is only for the version of the post that was shown when it was begun, unless any will do: if the post has changed
 * since, the person is told, and what they filled in stays.
 */
export function usePostAction(
  operation: Operation,
  { post, etag, readAgain }: FollowedPost,
  onDone: () => void,
  { isForVersion = true } = {},
): PostAction {
  const { t } = useLingui();
  const toasts = useToasts();
  const [isOpen, setIsOpen] = useState(false);
  const [begunWith, setBegunWith] = useState<string | null>(null);
  const write = useWrite(operation, [], { onConflict: async () => setBegunWith(await readAgain()) });
  return {
    isOpen,
    isBusy: write.isPending,
    error: write.error,
    begin() {
      write.reset();
      setBegunWith(isForVersion ? etag : null);
      setIsOpen(true);
    },
    onClose: () => setIsOpen(false),
    run(body) {
      const given = { params: { id: post.id }, ifMatch: begunWith ?? undefined, ...(body !== undefined && { body }) };
      write.mutate(given, {
        onSuccess() {
          setIsOpen(false);
          onDone();
        },
        onError({ code }) {
          if (code === "APPROVAL_REQUIRED" && needsApproval) {
            setIsOpen(false);
            toasts.say(t`A publisher has been asked to approve it.`);
            void readAgain();
          }
        },
      });
    },
  };
}
