import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { withoutTurns } from "../../model/text-direction.ts";
import { useMode } from "../shell/mode.ts";
import { Button } from "../ui/controls.tsx";
import { Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import type { Draft } from "./draft.ts";
import { dropKept, type Kept, readKept } from "./kept.ts";

const FIRST_CHARACTERS = 100;

/** What other composers of this browser have not saved, until the person says what becomes of it. */
export function KeptDrafts({ postId, found }: { postId: string | null; found: readonly Kept[] }) {
  const { t } = useLingui();
  const mode = useMode();
  const navigate = useNavigate();
  const [list, setList] = useState(found);
  if (list.length === 0) return null;
  const leaveOut = (key: string) => setList((before) => before.filter((each) => each.key !== key));
  const goOn = (key: string) => {
    // Its own composer may have saved it meanwhile.
    if (readKept(mode, key) === null) return leaveOut(key);
    void navigate({ to: "/compose", search: { mode, post: postId ?? undefined, kept: key }, state: true });
  };
  return (
    <Notice>
      <p className="font-semibold">
        {plural(list.length, {
          one: "There is an unsaved version in this browser.",
          other: "There are # unsaved versions in this browser.",
        })}
      </p>
      <ul>
        {list.map(({ key, at, draft }) => (
          <li key={key} className="mt-2 flex flex-wrap items-center gap-2">
            <p id={`kept-${key}`} className="min-w-0 grow basis-40 truncate">
              <span className="text-dim">
                <Time at={new Date(at).toISOString()} />
              </span>{" "}
              <bdi>{firstWordsOf(draft) || t`No text`}</bdi>
            </p>
            <Button aria-describedby={`kept-${key}`} onClick={() => goOn(key)}>
              {t`Continue with it`}
            </Button>
            <Button
              kind="quiet"
              aria-describedby={`kept-${key}`}
              onClick={() => {
                dropKept(mode, key);
                leaveOut(key);
              }}
            >
              {t`Discard it`}
            </Button>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function firstWordsOf({ text, overrides }: Draft): string {
  const texts = [text, ...Object.values(overrides).map((override) => override.text ?? "")];
  return withoutTurns(
    texts
      .find((each) => each.trim() !== "")
      ?.trim()
      .slice(0, FIRST_CHARACTERS) ?? "",
  );
}
