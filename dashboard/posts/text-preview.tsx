import { useLingui } from "@lingui/react/macro";

/** The API gives as many characters, as people count them, of a longer text. */
const PREVIEW_CHARACTERS = 100;

const characters = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The beginning of a post's text, with an ellipsis if there may be more. */
export function TextPreview({ text }: { text: string }) {
  const { t } = useLingui();
  if (text === "") return t`No text`;
  return text.length >= PREVIEW_CHARACTERS && [...characters.segment(text)].length === PREVIEW_CHARACTERS
    ? `${text}…`
    : text;
}
