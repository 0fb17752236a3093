import type { Command } from "@fustor/core/program";

/** What the programs can be told, in Markdown, from the parsers that read their command lines. */
export function toCommandReference(programs: readonly Command[]): string {
  const parts = programs.map((program) =>
    [`## ${program.name()}`, program.description(), table(program)].join("\n\n"),
  );
  return [
    "# Command reference",
    "Generated from the programs; see [operations.md](operations.md) for how to run them. Every " +
      "command has `--help`, every program `--version`.",
    ...parts,
    "Exit codes: 0 done, 1 failed, 2 wrong command line, 3 not running, 78 wrong configuration.",
  ]
    .join("\n\n")
    .concat("\n");
}

function table(program: Command): string {
  const rows = program.commands.flatMap((command) => describe(command, program.name()));
  return ["| command | option | means |", "| --- | --- | --- |", ...rows].join("\n");
}

function describe(command: Command, before: string): string[] {
  const words = `${before} ${command.name()}`;
  const below = command.commands.flatMap((each) => describe(each, words));
  // Without options of its own it only leads to what is below it.
  if (below.length > 0 && command.options.length === 0) return below;
  const args = command.registeredArguments.map((arg) => ` <${arg.name()}>`).join("");
  return [
    row(words + args, "", command.description()),
    ...command.registeredArguments.map((arg) => row("", `<${arg.name()}>`, arg.description)),
    ...command.options
      .filter(({ hidden }) => !hidden)
      .map(({ flags, description }) => row("", flags, description)),
    ...below,
  ];
}

function row(command: string, option: string, means: string): string {
  const code = (text: string) => (text === "" ? "" : `\`${text}\``);
  return `| ${[code(command), code(option), means].join(" | ")} |`;
}
