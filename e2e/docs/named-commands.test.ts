import type { Command } from "@fustor/core/program";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildProgram as buildAgent } from "../../apps/agent/src/program.js";
import { buildProgram as buildFusion } from "../../apps/fusion/src/program.js";
import { buildProgram as buildFustor } from "../../apps/fustor/src/program.js";
import { root } from "../support/processes.js";

const exit = () => undefined;
const context = { launcher: { entry: "", args: [] }, exit };
const PROGRAMS: Readonly<Record<string, Command>> = {
  "fustor-agent": buildAgent(context),
  "fustor-fusion": buildFusion(context),
  fustor: buildFustor(exit),
};
/** A call of one of the programs, up to what ends it in a shell. */
const CALL =
  /(?:^|[\s(`])(fustor(?:-agent|-fusion)?) ((?:'[^']*'|"[^"]*"|[^\s#|>&;)`'"]+|[ ](?! ))+)/g;

describe("the commands that documents name", () => {
  it("exist, with the options that are shown", async () => {
    const files = await documents();
    const calls = (await Promise.all(files.map(callsIn))).flat();
    expect(calls.length).toBeGreaterThan(100);
    expect(calls.flatMap(faultOf)).toEqual([]);
  });

  it("are looked for well enough to find what does not exist", () => {
    const call = (words: string) => faultOf({ file: "here", program: "fustor", words });
    expect(call("ls --no-such-option /")).toHaveLength(1);
    expect(call("fusion keys make")).toHaveLength(1);
    expect(call("agent status --watch")).toEqual([]);
  });
});

interface Call {
  readonly file: string;
  readonly program: string;
  readonly words: string;
}

async function documents(): Promise<string[]> {
  const inFolder = async (folder: string) =>
    (await readdir(join(root, folder)))
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name));
  const readmes = ["agent", "fusion", "fustor"].map((app) => `apps/${app}/README.md`);
  return ["README.md", "README.zh-CN.md", ...readmes, ...(await inFolder("docs"))];
}

/** Of shell blocks every line, of other text what stands between back quotes. */
async function callsIn(file: string): Promise<Call[]> {
  const text = await readFile(join(root, file), "utf8");
  const blocks = [...text.matchAll(/^```(?:sh|console)\n([^]*?)^```$/gm)].map(
    ([, body = ""]) => body,
  );
  const quoted = [...text.replace(/^```[^]*?^```$/gm, "").matchAll(/`([^`]+)`/g)].map(
    ([, words = ""]) => words.replace(/\s+/g, " "),
  );
  return (
    [...blocks.flatMap((block) => block.split("\n")), ...quoted]
      // What the tutorial defines is no call.
      .filter((line) => !line.startsWith("fustor()"))
      .flatMap((line) =>
        [...line.matchAll(CALL)].map(([, program = "", words = ""]) => ({ file, program, words })),
      )
  );
}

function faultOf({ file, program, words }: Call): string[] {
  let command = PROGRAMS[program];
  const rest = words.trim().match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  let called = program;
  while (command !== undefined && command.commands.length > 0) {
    const [word = ""] = rest;
    // A user of that name, what comes next in a sentence, or a part that is left open.
    if (word === "" || /^(?:-|\.\.\.|[A-Z])/.test(word)) return [];
    rest.shift();
    called += ` ${word}`;
    // Alternatives are written with a bar; what is in capitals stands for something.
    const [name = ""] = word.replace(/[,.:]$/, "").split("|");
    const part: Command | undefined = PROGRAMS[`fustor-${name}`];
    command =
      program === "fustor" && called === `fustor ${name}` && part !== undefined
        ? part
        : command.commands.find((each) => each.name() === name);
    if (command === undefined) return [`${file}: there is no "${called}"`];
  }
  if (command === undefined) return [];
  // What follows the paths of find are its tests.
  const known = [...command.options.flatMap(({ short, long }) => [short, long]), "--help", "-h"];
  return rest
    .filter((word) => /^--?[a-z]/i.test(word) && command.name() !== "find")
    .map((word) => word.replace(/[=\],.].*$/, ""))
    .filter((flag) => !known.includes(flag))
    .map((flag) => `${file}: "${called}" has no ${flag}`);
}
