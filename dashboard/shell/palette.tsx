import { useLingui } from "@lingui/react/macro";
import { useNavigate } from "@tanstack/react-router";
import { Command as Cmdk } from "cmdk";
import { useEffect, useRef, useState } from "react";

import { postsList } from "../../contract/operations/posts.ts";
import { typedId } from "../api/typed-id.ts";
import { useRead } from "../api/use-api.ts";
import { shownStatus } from "../posts/shown-status.ts";
import { StatusTag } from "../posts/status.tsx";
import { TextPreview } from "../posts/text-preview.tsx";
import { Keys } from "./keys.tsx";
import type { Command } from "./shortcuts.ts";
import { may } from "./workspace.ts";

const MOST_POSTS = 6;
const MIN_SEARCH_CHARACTERS = 2;
const TYPING_MILLISECONDS = 250;
const GROUP = "text-sm [&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:text-dim";
const ITEM = "flex min-h-11 items-center justify-between gap-3 rounded-lg px-3 text-sm data-[selected=true]:bg-tint";

/** Finds commands by their names, and posts by their text. */
export function Palette({ commands, onClose }: { commands: readonly Command[]; onClose: () => void }) {
  const { t } = useLingui();
  const element = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  useEffect(() => element.current?.showModal(), []);
  const words = typed.toLowerCase().split(" ");
  const id = typedId(typed);
  const meant = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  const choose = (run: () => void) => {
    onClose();
    run();
  };
  return (
    <dialog
      ref={element}
      onClose={onClose}
      onClick={({ target }) => target === element.current && onClose()}
      aria-label={t`Search and commands`}
      className="mx-auto mt-[10dvh] max-h-[70dvh] w-[calc(100%-2rem)] max-w-xl rounded-2xl border bg-card text-ink shadow-xl"
    >
      <Cmdk label={t`Search and commands`} shouldFilter={false} loop>
        <Cmdk.Input
          autoFocus
          value={typed}
          onValueChange={setTyped}
          maxLength={200}
          placeholder={t`Search posts, or type a command`}
          className="h-14 w-full border-b bg-transparent px-4 text-base -outline-offset-2"
        />
        <Cmdk.List className="overflow-y-auto p-2" label={t`Found`}>
          <Cmdk.Empty className="px-3 py-6 text-center text-sm text-dim">{t`Nothing found`}</Cmdk.Empty>
          {meant.length > 0 && (
            <Cmdk.Group heading={t`Commands`} className={GROUP}>
              {meant.map(({ name, keys, run }) => (
                <Cmdk.Item key={name} value={name} onSelect={() => choose(run)} className={ITEM}>
                  {name}
                  {keys !== undefined && <Keys keys={keys} className="pointer-coarse:hidden" />}
                </Cmdk.Item>
              ))}
            </Cmdk.Group>
          )}
          {id !== null && <ById id={id} onChoose={choose} />}
          <Posts typed={typed} onChoose={choose} />
        </Cmdk.List>
      </Cmdk>
    </dialog>
  );
}

/** What an ID may belong to. */
function ById({ id, onChoose }: { id: string; onChoose: (run: () => void) => void }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const places = [
    { name: t`Post ${id}`, isOpen: true, run: () => void navigate({ to: "/posts/$id", params: { id } }) },
    {
      name: t`Request ${id}`,
      isOpen: may("requests_get"),
      run: () => void navigate({ to: "/developers/requests/$id", params: { id } }),
    },
  ];
  return (
    <Cmdk.Group heading={t`By ID`} className={GROUP}>
      {places
        .filter(({ isOpen }) => isOpen)
        .map(({ name, run }) => (
          <Cmdk.Item key={name} value={name} onSelect={() => onChoose(run)} className={ITEM}>
            {name}
          </Cmdk.Item>
        ))}
    </Cmdk.Group>
  );
}

function Posts({ typed, onChoose }: { typed: string; onChoose: (run: () => void) => void }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [search, setSearch] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), TYPING_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [typed]);
  const { data } = useRead(
    postsList,
    { query: { search, limit: MOST_POSTS } },
    { enabled: search.length >= MIN_SEARCH_CHARACTERS, keepsPrevious: true },
  );
  if (data === undefined || search.length < MIN_SEARCH_CHARACTERS || data.posts.length === 0) return null;
  return (
    <Cmdk.Group heading={t`Posts`} className={GROUP}>
      {data.posts.map((post) => (
        <Cmdk.Item
          key={post.id}
          value={post.id}
          onSelect={() => onChoose(() => void navigate({ to: "/posts/$id", params: { id: post.id } }))}
          className={ITEM}
        >
          <span className="truncate" dir="auto">
            <TextPreview text={post.textPreview} />
          </span>
          <StatusTag status={shownStatus(post)} />
        </Cmdk.Item>
      ))}
    </Cmdk.Group>
  );
}
