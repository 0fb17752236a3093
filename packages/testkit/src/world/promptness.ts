import type { ViewRecord } from "@fustor/core";
import { isBelow } from "@fustor/schema-fs";
import type { SimulatedAgent } from "./agent.js";
import type { Disk } from "./disk.js";
import type { SimulatedFusion, Speaking } from "./fusion.js";
import type { Host } from "./host.js";
import type { Laws } from "./laws.js";
import type { Strikes } from "./strikes.js";
import type { Course } from "./timeline.js";

export interface PromptnessSetting {
  readonly host: Host;
  readonly agent: () => SimulatedAgent | undefined;
  readonly fusion: SimulatedFusion;
  readonly disk: Disk;
  readonly laws: Laws;
  readonly strikes: Strikes;
  /** True once the view began anew: what was told before is forgotten. */
  readonly wasReset: () => boolean;
}

/** Realtime visibility, where one agent hears of every change: what it has told is right at once. */
export class Promptness {
  readonly #setting: PromptnessSetting;

  constructor(setting: PromptnessSetting) {
    this.#setting = setting;
  }

  /** After a batch of events: names of which nothing more is to come are as they are told. */
  applied(record: ViewRecord, session: Speaking | undefined): void {
    const agent = this.#setting.agent();
    if (record.kind !== "batch" || record.stream !== "realtime" || agent === undefined) return;
    // What a dead one's last words do not tell yet is for the next to find.
    if (session?.bootId !== agent.bootId) return;
    const names = new Set<string>();
    for (const message of record.messages) {
      if (message.kind !== "change" || message.source !== "realtime") continue;
      for (const [key] of message.upserts.rows) names.add(String(key));
      for (const path of message.deletes) names.add(path);
    }
    for (const path of names) if (!agent.isPending(path)) this.#check(path, agent);
  }

  /** At rest, all is as it is told. */
  *watch(): Course {
    for (;;) {
      yield 500;
      const { fusion, disk, strikes, wasReset } = this.#setting;
      const agent = this.#setting.agent();
      if (agent?.isUpToDate !== true || wasReset() || fusion.isDown) continue;
      strikes.add("up to date");
      const { believer } = fusion;
      // Of what is in a directory that is still to be listed no event told.
      const untold = [...believer.doubts()];
      // Nor of what is behind a mount that is taken away: it is told with the next listing, and
      // until then the view says that it cannot be read.
      for (const { scope, kind } of believer.gaps()) if (kind === "unreadable") untold.push(scope);
      const isTold = (path: string): boolean => !untold.some((other) => isBelow(path, other));
      const names = new Set([...disk.names().keys(), ...believer.rows().keys()]);
      for (const path of names) if (isTold(path)) this.#check(path, agent);
    }
  }

  /** What is covered by a mount, or left out, or of a root that is not accepted, cannot be told. */
  #check(path: string, agent: SimulatedAgent): void {
    const { host, laws } = this.#setting;
    if (host.isCovered(path) || !agent.admits(path) || laws.isForeign(host.id)) return;
    laws.checkPrompt(path);
  }
}
