import { type ReactNode, useContext, useEffect, useState } from "react";

import { TextArea, TextField } from "../ui/controls.tsx";
import { RevisionContext } from "./context.ts";

interface TextBoxProps {
  label: ReactNode;
  value: string;
  onType: (value: string) => void;
  hint?: ReactNode;
  error?: ReactNode;
  rows?: number;
  type?: string;
  isLong?: boolean;
  autoFocus?: boolean;
  placeholder?: string;
  inputMode?: "numeric" | "url";
}

/** Shows at once what is typed; the draft follows when there is time. Other changes of the draft win. */
export function TextBox({ value, onType, isLong = false, rows = 3, ...rest }: TextBoxProps) {
  const revision = useContext(RevisionContext);
  const [shown, setShown] = useState(value);
  useEffect(() => setShown(value), [revision]);
  const onChange = ({ target }: { target: { value: string } }) => {
    setShown(target.value);
    onType(target.value);
  };
  return isLong ? (
    <TextArea
      {...rest}
      rows={rows}
      value={shown}
      onChange={onChange}
      className="field-sizing-content max-h-[60dvh]"
      style={{ minHeight: `${rows * 1.5 + 1}rem` }}
    />
  ) : (
    <TextField {...rest} value={shown} onChange={onChange} />
  );
}
