import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { postsApprove, type WaitingApproval } from "../../contract/operations/approvals.ts";
import { useWrite } from "../api/use-api.ts";
import { TextPreview } from "../posts/text-preview.tsx";
import { Button, Checkbox } from "../ui/controls.tsx";
import { Notice } from "../ui/surfaces.tsx";
import { Said } from "../words/use-words.tsx";
import { REVIEWED } from "./reviewed.ts";

/** The versions that are chosen, each by what identifies exactly it: one that has changed since is not chosen. */
export function useSeveral() {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  return {
    isChosen: ({ approval }: WaitingApproval) => chosen.has(approval.contentHash),
    choose: (waiting: readonly WaitingApproval[], isChosen: boolean) =>
      setChosen((before) => {
        const hashes = waiting.map(({ approval }) => approval.contentHash);
        return new Set(isChosen ? [...before, ...hashes] : [...before].filter((hash) => !hashes.includes(hash)));
      }),
  };
}

/** A post can be approved once all its media can be seen. */
export function canBeApproved({ approval }: WaitingApproval): boolean {
  return approval.media.every(({ status }) => status === "ready");
}

/** Approves what is chosen of the posts on the page, and says what became of each that could not be. */
export function ApproveSeveral({
  waiting,
  several: { isChosen, choose },
}: {
  waiting: readonly WaitingApproval[];
  several: ReturnType<typeof useSeveral>;
}) {
  const { t } = useLingui();
  const approve = useWrite(postsApprove, REVIEWED);
  const [results, setResults] = useState<readonly { id: string; text: string; problem: string | null }[]>([]);
  const possible = waiting.filter(canBeApproved);
  const chosen = possible.filter(isChosen);
  const run = useMutation({
    async mutationFn() {
      setResults([]);
      for (const each of chosen) {
        const { post, approval } = each;
        const given = { params: { id: post.id }, body: { contentHash: approval.contentHash } };
        const problem = await approve.mutateAsync(given).then(
          () => null,
          (error: Error) => error.message,
        );
        choose([each], false);
        setResults((before) => [...before, { id: post.id, text: post.content.text, problem }]);
      }
    },
  });
  const approved = results.filter(({ problem }) => problem === null).length;
  const refused = results.filter(({ problem }) => problem !== null);
  return (
    <>
      {possible.length > 1 && (
        <div className="flex flex-wrap items-center justify-between gap-3">
          <Checkbox
            label={t`Select all on this page`}
            checked={chosen.length === possible.length}
            disabled={run.isPending}
            onChange={({ target: { checked } }) => choose(possible, checked)}
          />
          <Button kind="main" disabled={chosen.length === 0} isBusy={run.isPending} onClick={() => run.mutate()}>
            {plural(chosen.length, { one: "Approve # post", other: "Approve # posts" })}
          </Button>
        </div>
      )}
      {approved > 0 && !run.isPending && (
        <Notice tone="good">{plural(approved, { one: "# post approved", other: "# posts approved" })}</Notice>
      )}
      {refused.length > 0 && (
        <Notice tone="bad">
          <p className="font-semibold">
            {plural(refused.length, { one: "# post was not approved", other: "# posts were not approved" })}
          </p>
          <ul>
            {refused.map(({ id, text, problem }) => (
              <li key={id} className="wrap-anywhere">
                <q>
                  <TextPreview text={text.slice(0, 100)} />
                </q>
                : <Said text={problem ?? ""} />
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}
