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
  const needing = Object.entries(signIns).flatMap(([prefix, scopes]) =>
    scopes.flatMap(({ name, settings = {} }) =>
      Object.entries(settings).map(([setting, fate]) => ({ setting, fate, name, variable: `${prefix}_SCOPES` })),
    ),
  );
  return [...Map.groupBy(needing, ({ setting }) => setting)].map(([setting, ways]): Rule => {
    const isIgnored = ways.every(({ fate }) => fate === "ignored");
    const sentences = (names: string, variables: string) => ({
      message:
        `The ${label} account has not granted ${names}, which "${setting}" requires` +
        (isIgnored ? "; it will be ignored." : "."),
      fix:
        `Reconnect the account and allow ${names}. If ${label} does not ask for it, ` +
        `the app's scopes leave it out: the operator can add it to ${variables}.`,
    });
    return {
      rule: `${platform}.${setting}.scope`,
      code: "VALIDATION_FAILED",
      about: "account",
      ...(isIgnored ? { severity: "warning" } : {}),
      path: settingPath(platform, setting),
      ...sentences(either(ways.map(({ name }) => name)), either(ways.map(({ variable }) => variable))),
      broken: ({ account, settings }) => {
        if (settings[setting] === undefined || account === null) return false;
        const way = missingScopes(signIns, account.scopes).flatMap(({ name }) =>
          ways.filter((each) => each.name === name),
        );
        return way.map(({ name, variable }) => ({
          ...sentences(name, variable),
          actual: account.scopes,
          limit: [name],
        }));
      },
    };
  });
}

function either(names: readonly string[]): string {
  return [...new Set(names)].join(" or ");
}
