import type { Message } from "@fustor/core";
import { eventually } from "./eventually.js";
import type { Host } from "./hosts.js";

/** Waits until a walk that begins after this call has arrived at Fusion whole. */
export async function nextWalk(
  { wire, name }: Host,
  walk: "audit" | "snapshot" | "scan" = "audit",
): Promise<void> {
  const from = wire.heard.length;
  await eventually(
    () => {
      const marks = wire.heard
        .slice(from)
        .map(({ message }) => message)
        .filter(isMarkOf(walk));
      const begun = new Set(marks.filter(({ edge }) => edge === "begin").map(({ id }) => id));
      return marks.some(({ edge, id }) => edge === "end" && begun.has(id)) || undefined;
    },
    { what: `the next ${walk} of ${name}`, withinMs: 40_000 },
  );
}

type Mark = Extract<Message, { kind: "mark" }>;

function isMarkOf(walk: string) {
  return (message: Message): message is Mark => message.kind === "mark" && message.walk === walk;
}

/** True where a message tells that a name is there. */
export function tellsOf(message: Message, path: string): boolean {
  if (message.kind === "change") return message.upserts.rows.some(([key]) => key === path);
  if (message.kind !== "listing") return false;
  const scope = message.scope === "/" ? "" : message.scope;
  return message.entries.rows.some(([name]) => `${scope}/${String(name)}` === path);
}

/** True for what no event on the very name told. */
export function isCompensating({ source }: Message): boolean {
  return source !== "realtime";
}
