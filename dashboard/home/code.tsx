import { useLingui } from "@lingui/react/macro";
import { Tabs } from "radix-ui";

import { Button } from "../ui/controls.tsx";
import { useToasts } from "../ui/toasts.tsx";

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      toasts.say(t`Copied`);
    } catch {
      toasts.sayFailure(new Error(t`Your browser did not let this page copy. Select the text instead.`));
    }
  };
  return (
    <Button onClick={() => void copy()} aria-label={label}>
      {t`Copy`}
    </Button>
  );
}

/** The same in several languages, to copy. */
export function Snippets({ name, texts }: { name: string; texts: Readonly<Record<string, string>> }) {
  const { t } = useLingui();
  return (
    <Tabs.Root defaultValue={Object.keys(texts)[0] ?? ""}>
      <Tabs.List aria-label={name} className="flex flex-wrap gap-1">
        {Object.keys(texts).map((language) => (
          <Tabs.Trigger
            key={language}
            value={language}
            className="min-h-9 rounded-lg px-3 text-sm font-semibold text-dim hover:bg-tint data-[state=active]:bg-tint data-[state=active]:text-ink"
          >
            {language}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {Object.entries(texts).map(([language, text]) => (
        <Tabs.Content key={language} value={language} className="relative mt-2">
          <pre
            tabIndex={0}
            role="region"
            aria-label={`${name}: ${language}`}
            className="max-h-80 overflow-auto rounded-xl border bg-page p-3 pe-20 text-xs leading-5"
          >
            <code>{text}</code>
          </pre>
          <div className="absolute end-2 top-2">
            <CopyButton text={text} label={t`Copy ${language}`} />
          </div>
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
