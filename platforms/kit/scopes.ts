import { settingPath, type Rule, type Scope, type SignInScopes } from "../definition.ts";

/** The names that publishing requires. */
export function requiredScopes(scopes: readonly Scope[]): string[] {
  return scopes.filter(({ without }) => without === undefined).map(({ name }) => name);
}

/**
 * The names that a sign-in asks for: those that publishing requires, and of the others those that are listed. `listed`
 * is null if nobody has chosen: then all that are used without being turned on.
 */
export function askedScopes(scopes: readonly Scope[], listed: readonly string[] | null = null): string[] {
  return scopes
    .filter(
      ({ name, without, onRequest }) =>
        without === undefined || (listed === null ? onRequest !== true : listed.includes(name)),
    )
    .map(({ name }) => name);
}

/**
 * What an account has not granted, in terms of the sign-in that it was most likely connected with. Nothing is known to
 * be missing if the platform does not return the granted scopes.
 */
export function missingScopes(signIns: SignInScopes, granted: readonly string[]): readonly Scope[] {
  if (granted.length === 0) return [];
  const isMissing = ({ name }: Scope): boolean => !granted.includes(name);
  const [likely = []] = Object.values(signIns).toSorted((one, other) => share(other, granted) - share(one, granted));
  return likely.filter(isMissing);
}

function share(scopes: readonly Scope[], granted: readonly string[]): number {
  return scopes.filter(({ name }) => granted.includes(name)).length / scopes.length;
}

/** A rule for each setting that requires a permission of its own. */
export function scopeRules(platform: string, label: string, signIns: SignInScopes): Rule[] {
  const settings = new Set(Object.values(signIns).flatMap(namesOfSettings));
  return [...settings].map((setting): Rule => {
    const ways = waysOf(signIns, setting);
    return {
      rule: `${platform}.${setting}.scope`,
      code: "VALIDATION_FAILED",
      about: "account",
      ...(ways.every(({ fate }) => fate === "ignored") ? { severity: "warning" } : {}),
      path: settingPath(platform, setting),
      ...sentences(label, setting, ways),
      broken: ({ account, settings: given }) => {
        if (given[setting] === undefined || account === null) return false;
        const lacking = lackingFor(signIns, setting, account.scopes);
        if (lacking.length === 0) return false;
        return [
          { ...sentences(label, setting, lacking), actual: account.scopes, limit: lacking.map(({ name }) => name) },
        ];
      },
    };
  });
}

/** Why the account cannot use a setting: a permission is known to be missing; null if it can. */
export function refuseSetting(
  label: string,
  signIns: SignInScopes,
  setting: string,
  granted: readonly string[],
): string | null {
  const lacking = lackingFor(signIns, setting, granted);
  return lacking.length === 0 ? null : sentences(label, setting, lacking).message;
}

interface Way {
  name: string;
  fate: "rejected" | "ignored";
  variable: string;
}

function namesOfSettings(scopes: readonly Scope[]): string[] {
  return scopes.flatMap(({ settings = {} }) => Object.keys(settings));
}

/** The permissions of the sign-ins that a setting requires: one of them is enough. */
function waysOf(signIns: SignInScopes, setting: string): Way[] {
  return Object.entries(signIns).flatMap(([prefix, scopes]) =>
    scopes.flatMap(({ name, settings }) => {
      const fate = settings?.[setting];
      return fate === undefined ? [] : [{ name, fate, variable: `${prefix}_SCOPES` }];
    }),
  );
}

function lackingFor(signIns: SignInScopes, setting: string, granted: readonly string[]): Way[] {
  const missing = missingScopes(signIns, granted).map(({ name }) => name);
  return waysOf(signIns, setting).filter(({ name }) => missing.includes(name));
}

function sentences(label: string, setting: string, ways: readonly Way[]): { message: string; fix: string } {
  const either = (words: readonly string[]) => [...new Set(words)].join(" or ");
  const names = either(ways.map(({ name }) => name));
  const isIgnored = ways.every(({ fate }) => fate === "ignored");
  return {
    message:
      `The ${label} account has not granted ${names}, which "${setting}" requires` +
      (isIgnored ? "; it will be ignored." : "."),
    fix:
      `Reconnect the account and allow ${names}. If ${label} does not ask for it, ` +
      `the operator must add it to ${either(ways.map(({ variable }) => variable))}.`,
  };
}
