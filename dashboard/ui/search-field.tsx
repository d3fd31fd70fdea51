import { useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import { TextField } from "./controls.tsx";

const TYPING_MILLISECONDS = 300;

/** Searches once the person stops typing. */
export function SearchField({
  search,
  placeholder,
  onSearch,
}: {
  search: string;
  placeholder: string;
  onSearch: (search: string | undefined) => void;
}) {
  const { t } = useLingui();
  const [typed, setTyped] = useState(search);
  const [shown, setShown] = useState(search);
  if (shown !== search) {
    setShown(search);
    setTyped(search);
  }
  useEffect(() => {
    if (typed === search) return undefined;
    const timer = setTimeout(() => onSearch(typed === "" ? undefined : typed), TYPING_MILLISECONDS);
    return () => clearTimeout(timer);
  });
  return (
    <TextField
      label={t`Search`}
      type="search"
      maxLength={200}
      placeholder={placeholder}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
