import type { Command, Option } from "commander";

import { isList } from "../options.ts";

/** What a shell can complete after a path of commands. */
interface CommandNode {
  path: string;
  /** Subcommands, or the values of its argument. */
  names: { name: string; description: string }[];
  options: Flag[];
}

interface Flag {
  name: string;
  description: string;
  takesValue: boolean;
  /** None: a file name, or anything. */
  values: readonly string[];
  /** Several comma-separated values. */
  isList: boolean;
}

const SHELLS = { bash, zsh, fish };
export const SHELL_NAMES = Object.keys(SHELLS);

export function isShell(name: string): name is keyof typeof SHELLS {
  return Object.hasOwn(SHELLS, name);
}

/** A shell completion script for commands, options and their values, generated from the commands themselves. */
export function completionsFor(shell: keyof typeof SHELLS, program: Command): string {
  return SHELLS[shell](program.name(), commandNodes(program, ""));
}

function commandNodes(command: Command, path: string): CommandNode[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((each) => each.name() !== "help");
  const values = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((name) => ({ name, description })),
  );
  const names = [...below.map((each) => ({ name: each.name(), description: each.description() })), ...values];
  const options = help.visibleOptions(command).flatMap(flagOf);
  return [{ path, names, options }, ...below.flatMap((each) => commandNodes(each, `${path} ${each.name()}`.trim()))];
}

function flagOf(option: Option): Flag[] {
  const { long, description, required, optional, argChoices = [] } = option;
  return long === undefined || long === null
    ? []
    : [{ name: long, description, takesValue: required || optional, values: argChoices, isList: isList(option) }];
}

/** Avoids names of variables that are special in zsh, such as `path` and `words`. */
function bash(name: string, places: CommandNode[]): string {
  const known = places.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  const offers = places.map(
    ({ path, names, options }) =>
      `    "${path}") below="${names.map((each) => each.name).join(" ")}" ` +
      `flags="${options.map((each) => each.name).join(" ")}" ;;`,
  );
  const valued = places.flatMap(({ path, options }) =>
    options
      .filter((option) => option.takesValue)
      .map((option) => `    "${path} ${option.name}") ${valuesIn(option)} ;;`),
  );
  return `_${name}() {
  local at="" each="" below="" flags="" head="" now="\${COMP_WORDS[COMP_CWORD]}"
  for each in "\${COMP_WORDS[@]:1:\$((COMP_CWORD - 1))}"; do
    case "\${at:+$at }$each" in
      ${known.join("|")}) at="\${at:+$at }$each" ;;
    esac
  done
  COMPREPLY=()
  case "$at" in
${offers.join("\n")}
  esac
  case "$at \${COMP_WORDS[COMP_CWORD-1]}" in
${valued.join("\n")}
  esac
  case "$now" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$now")) ;;
    *,*) head="\${now%,*},"; COMPREPLY=($(compgen -P "$head" -W "$below" -- "\${now##*,}")) ;;
    *) COMPREPLY=($(compgen -W "$below" -- "$now")) ;;
  esac
}
complete -o default -F _${name} ${name}`;
}

/** After an option that takes any value there is nothing to suggest, and the shell suggests files. */
function valuesIn({ values }: Flag): string {
  return values.length === 0 ? "return" : `below="${values.join(" ")}"`;
}

function zsh(name: string, places: CommandNode[]): string {
  return (
    "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }\n" +
    `autoload -Uz bashcompinit && bashcompinit\n${bash(name, places)}`
  );
}

function fish(name: string, places: CommandNode[]): string {
  const known = places.filter(({ path }) => path !== "").map(({ path }) => quoted(path));
  const lines = places.flatMap(({ path, names, options }) => {
    const here = `complete -c ${name} -n ${quoted(`__${name}_at ${path}`.trim())}`;
    return [
      ...names.map((each) => `${here} -f -a ${each.name} -d ${quoted(each.description)}`),
      ...options.map(
        (option) => `${here} -l ${option.name.slice(2)}${fishValues(option)} -d ${quoted(option.description)}`,
      ),
    ];
  });
  return `function __${name}_at
  set -l at
  for each in (commandline -opc)[2..]
    set -l next (string join -- ' ' $at $each)
    contains -- $next ${known.join(" ")}; and set -a at $each
  end
  test "$argv" = "$at"
end
${lines.join("\n")}`;
}

function fishValues({ takesValue, values, isList }: Flag): string {
  if (!takesValue) return "";
  if (values.length === 0) return " -r";
  return ` -x -a ${quoted(isList ? `(__fish_append , ${values.join(" ")})` : values.join(" "))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
