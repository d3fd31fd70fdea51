import { useLingui } from "@lingui/react";
import { Suspense, use } from "react";

import { inWords } from "../api/in-words.ts";
import { regionOf } from "../shell/language.ts";
import { labelOf, start } from "../start.ts";
import { Book } from "./book.ts";

type Words = (english: string) => string;

/** Other languages than English, each with a book of its own that comes when something has to be said by it. */
const files = import.meta.glob<string>("../locales/said/*.po", { query: "?raw", import: "default" });
const books = new Map<string, Promise<Words>>();

const inEnglish: Words = (english) => inWords(english, labelOf);

/** Says in the app's language what the server and the platforms say in English. Suspends until it can. */
export function useWords(): Words {
  const { locale } = useLingui().i18n;
  const load = files[`../locales/said/${locale}.po`];
  return load === undefined ? inEnglish : use(wordsIn(locale, start.user.timeZone, load));
}

function wordsIn(locale: string, timeZone: string, load: () => Promise<string>): Promise<Words> {
  const key = `${locale} ${timeZone}`;
  const known = books.get(key);
  if (known !== undefined) return known;
  const loading = load().then(
    (po): Words => {
      const book = new Book(po, regionOf(locale), timeZone);
      return (english) => book.say(inEnglish(english));
    },
    // Without a network, English is better than nothing.
    () => inEnglish,
  );
  books.set(key, loading);
  return loading;
}

/** A sentence of the server's, in English until the words of the language are there. */
export function Said({ text }: { text: string }) {
  return (
    <Suspense fallback={text}>
      <InWords text={text} />
    </Suspense>
  );
}

/** What is wrong, and what to do about it. */
export function SaidIssue({ message, fix }: { message: string; fix: string }) {
  return (
    <>
      <p className="font-semibold">
        <Said text={message} />
      </p>
      {fix !== "" && (
        <p>
          <Said text={fix} />
        </p>
      )}
    </>
  );
}

function InWords({ text }: { text: string }) {
  return useWords()(text);
}
