import type { Message, Observation, Row } from "@fustor/core";
import { CHANGE_FIELDS, parentPath, toRow, type FsAttributes } from "@fustor/schema-fs";
import type { Ground } from "./ground.js";
import type { Place } from "./listing.js";

/** What the looks at some names gave. */
export class ProbeAnswers {
  readonly #place: Place;
  readonly #upserts = new Map<string, Row>();
  readonly #deletes = new Set<string>();
  readonly #unreadable = new Map<string, string>();

  constructor(place: Place) {
    this.#place = place;
  }

  /** Looks at each name once, and returns those that were not found. */
  lookAt(paths: readonly string[], ground: Ground): readonly string[] {
    return paths.filter((path) => {
      const footing = ground.under(path);
      if (footing.state === "unreadable") this.#obstruct(footing.scope, footing.errno);
      if (footing.state === "missing" || footing.state === "blocked") return true;
      // Whether the root is there is another question.
      return footing.state === "whole" && this.#look(path) && path !== "/";
    });
  }

  /** Says that a name is absent, if the way to it was the same and could be read both times. */
  addAbsence(path: string, before: Ground, after: Ground): void {
    const [was, is] = [before.under(path), after.under(path)];
    if (is.state === "unreadable") this.#obstruct(is.scope, is.errno);
    if (is.state === "unreadable" || was.state === "unreadable") return;
    const isSame = is.state === was.state && is.directory === was.directory;
    if (!isSame) return;
    const errno = before.closedBy(was.directory) ?? after.closedBy(is.directory);
    if (errno !== undefined) {
      this.#obstruct(is.directory, errno);
      return;
    }
    this.#deletes.add(path);
    // The highest name that is missing says it for all below.
    if (is.state === "missing") this.#deletes.add(is.missing);
    if (is.state === "blocked") this.#addRow(is.at, is.attributes);
  }

  toMessages(observed: Observation): readonly Message[] {
    const messages: Message[] = [];
    const deletes = [...this.#deletes].filter((path) => !this.#upserts.has(path));
    if (this.#upserts.size + deletes.length > 0) {
      const upserts = { fields: CHANGE_FIELDS, rows: [...this.#upserts.values()] };
      messages.push({ kind: "change", ...observed, upserts, deletes });
    }
    for (const [scope, errno] of this.#unreadable) {
      messages.push({ kind: "unreadable", ...observed, scope, errno });
    }
    return messages;
  }

  /** True when there is nothing. */
  #look(path: string): boolean {
    const { looker, root } = this.#place;
    const sight = looker.lookAt(root.systemPath(path));
    if (sight.state === "absent") return true;
    // Of its directory, because the next whole listing is what makes good for it.
    if (sight.state === "unreadable") this.#obstruct(parentPath(path), sight.errno);
    if (sight.state === "unreadable") return false;
    this.#addRow(path, sight.attributes);
    if (sight.device !== root.device) this.#obstruct(path, "EXDEV");
    return false;
  }

  #addRow(path: string, attributes: FsAttributes): void {
    if (!this.#place.scope.admits(path, attributes.type === "d")) return;
    this.#upserts.set(path, toRow(path, attributes));
  }

  #obstruct(scope: string, errno: string): void {
    if (!this.#unreadable.has(scope)) this.#unreadable.set(scope, errno);
  }
}
