import type { Command } from "commander";
import { FustorError } from "../errors.js";

/** A command with what can stand behind it. */
export interface CompletionTree {
  readonly name: string;
  readonly description: string;
  /** Each with a dash before it. */
  readonly options: readonly string[];
  readonly commands: readonly CompletionTree[];
}

/** What the parser of a program knows. */
export function toCompletionTree(command: Command): CompletionTree {
  return {
    name: command.name(),
    description: command.description(),
    options: command.options
      .filter(({ hidden }) => !hidden)
      .flatMap(({ short, long }) => [long, short].filter((flag) => flag !== undefined)),
    commands: command.commands.map(toCompletionTree),
  };
}

const SHELLS = ["bash", "zsh", "fish"] as const;

/** Prints the script for `shell`. Throws `USAGE`. */
export function printCompletion(tree: CompletionTree, shell: string): void {
  process.stdout.write(toCompletion(tree, shell));
}

/** The script that makes a shell complete the command lines of a program. Throws `USAGE`. */
export function toCompletion(tree: CompletionTree, shell: string): string {
  const known = SHELLS.find((each) => each === shell);
  if (known !== undefined) return WRITERS[known](tree);
  throw new FustorError(
    "USAGE",
    `There is no completion for "${shell}". There is one for ${SHELLS.join(", ")}.`,
  );
}

const WRITERS: Readonly<Record<(typeof SHELLS)[number], (tree: CompletionTree) => string>> = {
  bash: (tree) => `# ${tree.name} completion bash: source it, or keep it in
# ~/.local/share/bash-completion/completions/${tree.name}
${functionOf(tree)}() {
  local at=${tree.name} word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${pathsOf(tree).slice(1).map(quote).join(" | ")}) at="$at $word" ;;
    esac
  done
  case "$at" in
${casesOf(tree, (words) => `words='${words}'`)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F ${functionOf(tree)} ${tree.name}
`,
  zsh: (tree) => `#compdef ${tree.name}
# ${tree.name} completion zsh: keep it as _${tree.name} in a folder of $fpath
${functionOf(tree)}() {
  local at=${tree.name} word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${pathsOf(tree).slice(1).map(quote).join(" | ")}) at="$at $word" ;;
    esac
  done
  case "$at" in
${casesOf(tree, (words) => `compadd -- ${words}`)}
  esac
  _files
}
compdef ${functionOf(tree)} ${tree.name}
`,
  fish: (
    tree,
  ) => `# ${tree.name} completion fish: keep it in ~/.config/fish/completions/${tree.name}.fish
function ${functionOf(tree)}_at
  set -l at ${tree.name}
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${pathsOf(tree).slice(1).map(quote).join(" ")}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${fishLines(tree, tree.name).join("\n")}
`,
};

function functionOf({ name }: CompletionTree): string {
  return `_${name.replaceAll("-", "_")}`;
}

/** The words that lead to each command, the program's own first. */
function pathsOf(tree: CompletionTree, before = ""): string[] {
  const path = `${before}${tree.name}`;
  return [path, ...tree.commands.flatMap((each) => pathsOf(each, `${path} `))];
}

function casesOf(tree: CompletionTree, write: (words: string) => string, before = ""): string {
  const path = `${before}${tree.name}`;
  const words = [...tree.commands.map(({ name }) => name), ...tree.options, "--help"];
  return [
    `    ${quote(path)}) ${write([...new Set(words)].join(" "))} ;;`,
    ...tree.commands.map((each) => casesOf(each, write, `${path} `)),
  ].join("\n");
}

function fishLines(tree: CompletionTree, program: string, before = ""): string[] {
  const path = `${before}${tree.name}`;
  const line = `complete -c ${program} -n '${functionOf({ ...tree, name: program })}_at "${path}"'`;
  return [
    ...tree.commands.map(({ name, description }) => `${line} -a ${name} -d ${quote(description)}`),
    ...tree.options.map((flag) =>
      flag.startsWith("--") ? `${line} -l ${flag.slice(2)}` : `${line} -s ${flag.slice(1)}`,
    ),
    ...tree.commands.flatMap((each) => fishLines(each, program, `${path} `)),
  ];
}

/** In single quotes, which all three shells read alike but for this mark itself: it is left out. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "")}'`;
}
