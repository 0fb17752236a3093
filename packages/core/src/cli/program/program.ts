import { Command } from "commander";
import { readFileSync } from "node:fs";
import type { Launcher } from "../../host/places.js";

export type { Command } from "commander";

export interface ProgramOptions {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  /** What `--help` ends with. */
  readonly examples: string;
  readonly reword: Reword;
}

/** A program without commands. It throws where it would exit, for `runProgram` to see. */
export function createProgram({
  name,
  description,
  version,
  examples,
  reword,
}: ProgramOptions): Command {
  return new Command(name)
    .description(description)
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", examples)
    .showHelpAfterError(`(${name} --help lists the commands)`)
    .configureOutput({
      writeOut: (text) => process.stdout.write(reword(text)),
      writeErr: (text) => process.stderr.write(reword(text)),
    })
    .exitOverride();
}

/** How a program is called that is no part of another one. */
export function ownLauncher(): Launcher {
  return { entry: process.argv[1] ?? "", args: [] };
}

/** Puts a text into the words by which the reader can call what it names. */
export type Reword = (text: string) => string;

/** Whoever has only `fustor` calls the other programs as parts of it. */
export const asPartOfFustor: Reword = (text) =>
  text.replace(/\bfustor-(agent|fusion)(?= [a-z[-])/g, "fustor $1");

/** How texts name the programs where one is called by `launcher`. */
export function rewordFor({ args }: Launcher): Reword {
  return args.length === 0 ? (text) => text : asPartOfFustor;
}

/** The version of the package whose `src` or `dist` holds the module `selfUrl`. */
export function readVersion(selfUrl: string): string {
  const file = new URL("../package.json", selfUrl);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
