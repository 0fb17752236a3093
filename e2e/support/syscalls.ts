/** One call that strace saw. Two calls of one program can be told apart by when they began. */
export interface Call {
  readonly name: string;
  /** As strace writes them. */
  readonly args: string;
  /** The same, e.g. `-1 ENOENT (No such file or directory)`. */
  readonly result: string;
  /** Moments are numbers in the order in which the kernel saw them. */
  readonly begin: number;
  readonly end: number;
}

/** Texts in arguments are cut behind so many bytes. */
const TEXT_BYTES_MAX = 100_000;

/** Options of strace whose output `readCalls` reads: with paths, addresses and long texts. */
export function traceOptions(file: string, calls: readonly string[]): readonly string[] {
  const shown = ["-q", "-yy", "-s", String(TEXT_BYTES_MAX)];
  // -D: the tracer is nobody's parent, so that the program gets the signals that are meant for it.
  return ["-D", "-f", "--seccomp-bpf", ...shown, "-o", file, "-e", `trace=${calls.join(",")}`];
}

/** All calls that came to an end, in the order in which they began. */
export function readCalls(trace: string): Call[] {
  const begun = new Map<string, { readonly head: string; readonly begin: number }>();
  const calls: Call[] = [];
  for (const [index, line] of trace.split("\n").entries()) {
    const [, thread, text] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (thread === undefined || text === undefined) continue;
    // What another thread interrupted is told in two lines.
    const head = /^(.*) <unfinished \.\.\.>$/.exec(text)?.[1];
    if (head !== undefined) {
      begun.set(thread, { head, begin: 2 * index });
      continue;
    }
    const tail = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1];
    const first = tail === undefined ? { head: "", begin: 2 * index } : begun.get(thread);
    if (first === undefined) continue;
    const whole = /^(\w+)\((.*)\) += (.*)$/.exec(first.head + (tail ?? text));
    const [, name, args, result] = whole ?? [];
    if (name === undefined || args === undefined || result === undefined) continue;
    calls.push({ name, args, result, begin: first.begin, end: 2 * index + 1 });
  }
  return calls.sort((a, b) => a.begin - b.begin);
}

/** What the descriptor in the first argument stands for: a path, or `TCP:[...]`. */
export function target({ args }: Call): string {
  return unescape(/^\d+<(.*?)>(?:\(deleted\))?(?:, |$)/.exec(args)?.[1] ?? "");
}

/** The texts in the arguments, a character for each byte, as far as strace tells them. */
export function texts({ args }: Call): string[] {
  return [...args.matchAll(TEXT)].map(([, text = ""]) => unescape(text));
}

/** The same in one, where all of it counts. Throws for a text that strace has cut. */
export function wholeText(call: Call): string {
  const isCut = [...call.args.matchAll(TEXT)].some(([, , cut]) => cut !== undefined);
  if (isCut) throw new Error(`strace has cut a text of ${call.name} ${target(call)}`);
  return texts(call).join("");
}

const TEXT = /"((?:[^"\\]|\\.)*)"(\.\.\.)?/g;

const SIGNS: Readonly<Record<string, string>> = {
  ...{ n: "\n", t: "\t", r: "\r", f: "\f", v: "\v" },
};

function unescape(text: string): string {
  return text.replace(/\\([0-7]{1,3}|.)/g, (_, sign: string) =>
    /^[0-7]/.test(sign) ? String.fromCharCode(parseInt(sign, 8)) : (SIGNS[sign] ?? sign),
  );
}
