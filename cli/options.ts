import { InvalidArgumentError, Option } from "commander";

import { LIMIT_NAMES } from "../model/plans.ts";

const lists = new WeakSet<Option>();

/** An option that takes several known values, comma-separated or repeated. */
export function list(flags: string, description: string, known: readonly string[]): Option {
  const option = new Option(flags, description).choices(known).argParser((text, before: string[] | undefined) => {
    const named = text.split(",").map((name) => name.trim());
    const strange = named.find((name) => !known.includes(name));
    if (strange !== undefined) throw new InvalidArgumentError(`"${strange}" is not one of ${known.join(", ")}.`);
    return [...(before ?? []), ...named];
  });
  lists.add(option);
  return option;
}

/** Whether an option takes several comma-separated values. */
export function isList(option: Option): boolean {
  return lists.has(option);
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

export function amount(text: string): number {
  if (!/^\d+(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError("It must be an amount, such as 20 or 2.50.");
  return Number(text);
}

export function amountOrNone(text: string): number | null {
  return text === "none" ? null : amount(text);
}

type LimitChanges = Record<string, number | null | "plan">;

/** NAME=NUMBER, NAME=none or NAME=plan, added to those before it. */
export function limitChange(text: string, before: LimitChanges = {}): LimitChanges {
  const [name = "", value = ""] = text.split("=");
  if (!LIMIT_NAMES.some((known) => known === name))
    throw new InvalidArgumentError(`"${name}" is not one of ${LIMIT_NAMES.join(", ")}.`);
  return { ...before, [name]: value === "plan" ? value : value === "none" ? null : wholeNumber(value) };
}

export function webAddress(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ""))
    throw new InvalidArgumentError("It must be an http or https URL, such as https://api.example.com.");
  return text;
}

/** 0 is any free port. */
export function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError("It must be a port, at most 65535.");
  return port;
}
