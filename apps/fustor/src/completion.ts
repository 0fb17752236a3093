import { printCompletion, toCompletionTree } from "@fustor/core/cli";
import type { Command } from "@fustor/core/program";

/** Prints the completion of all commands, also those of the parts. Throws `USAGE`. */
export async function completion(program: Command, shell: string): Promise<void> {
  const parts = {
    agent: (await import("@fustor/agent/program")).buildProgram,
    fusion: (await import("@fustor/fusion/program")).buildProgram,
  };
  const context = { launcher: { entry: "", args: [] }, exit: () => undefined };
  const tree = toCompletionTree(program);
  const commands = tree.commands.map((command) => {
    const { name } = command;
    if (name !== "agent" && name !== "fusion") return command;
    return { ...toCompletionTree(parts[name](context)), name };
  });
  printCompletion({ ...tree, commands }, shell);
}
