import type { Command } from "commander";

/** What a shell can complete after a path of commands: the commands below it, and its options. */
interface Words {
  path: string;
  words: string[];
}

const SHELLS = { bash, zsh, fish };
export const SHELL_NAMES = Object.keys(SHELLS);

export function isShell(name: string): name is keyof typeof SHELLS {
  return name in SHELLS;
}

/** A script by which a shell completes commands and options, made from the commands themselves. */
export function completionsFor(shell: keyof typeof SHELLS, program: Command): string {
  return SHELLS[shell](program.name(), wordsOf(program, ""));
}

function wordsOf(command: Command, path: string): Words[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((each) => each.name() !== "help");
  const options = help.visibleOptions(command).flatMap(({ long }) => (long === undefined || long === null ? [] : [long]));
  return [{ path, words: [...below.map((each) => each.name()), ...options] }, ...below.flatMap((each) => wordsOf(each, `${path} ${each.name()}`.trim()))];
}

function bash(name: string, all: Words[]): string {
  const cases = all.map(({ path, words }) => `    "${path}") words="${words.join(" ")}" ;;`);
  return `_${name}() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; esac
    path="\${path:+$path }$word"
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")); fi
}
complete -F _${name} ${name}`;
}

function zsh(name: string, all: Words[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bash(name, all)}`;
}

function fish(name: string, all: Words[]): string {
  const lines = all.map(({ path, words }) => {
    const [plain, options] = [words.filter((word) => !word.startsWith("--")), words.filter((word) => word.startsWith("--"))];
    const at = path === "" ? "__fish_use_subcommand" : path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    return [...(plain.length > 0 ? [`complete -c ${name} -f -n '${at}' -a '${plain.join(" ")}'`] : []), ...options.map((option) => `complete -c ${name} -n '${at}' -l ${option.slice(2)}`)].join("\n");
  });
  return lines.join("\n");
}
