import { joinPath } from "@fustor/schema-fs";
import type { NodeId } from "../tree/index.js";
import type { Evidence } from "./evidence.js";
import type { Voice } from "./voices.js";
import type { World } from "./world.js";

/** A name that evidence is about, and how it speaks of it. */
export interface Place {
  /** The node of the name; undefined while there is none. */
  id: NodeId | undefined;
  /** The directory's node; undefined while there is none. */
  directory: NodeId | undefined;
  readonly name: string;
  readonly path: string;
  readonly voice: Voice;
  /** What evidence of the same order goes by arrival; undefined for none. */
  readonly order: string | undefined;
}

/** The place of a name that was looked at. */
export function placeAt(world: World, path: string, E: Evidence): Place {
  return find(world, path, E.voice);
}

/** The place of a directory that was listed. */
export function placeListed(world: World, path: string, E: Evidence): Place {
  return find(world, path, spokenAs("self", E));
}

/** How E speaks of a directory that it listed, or of those above. */
export function spokenAs(manner: "self" | "above", E: Evidence): Voice {
  if (E.listing === undefined) return E.voice;
  const { session, stream, voice } = E;
  const isUsual = voice.offset === session.offset;
  return isUsual ? session.voice(stream, manner) : session.voice(stream, manner, voice.offset);
}

/** By what order E speaks of a node. */
export function orderAt({ tree }: World, E: Evidence, id: NodeId): string | undefined {
  if (E.listing === undefined) return E.voice.order;
  if (id === E.directory) return spokenAs("self", E).order;
  return tree.parent(id) === E.directory ? E.voice.order : undefined;
}

function find({ tree }: World, path: string, voice: Voice): Place {
  const { order } = voice;
  if (path === "/") return { id: tree.root, directory: tree.root, name: "", path, voice, order };
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  const directory = tree.directoryAt(slash === 0 ? "/" : path.slice(0, slash));
  const id = directory === undefined ? undefined : tree.child(directory, name);
  return { id, directory, name, path, voice, order };
}

/** The place of a row: its path is made when it is needed. */
export class RowPlace implements Place {
  id: NodeId | undefined;
  readonly directory: NodeId;
  readonly voice: Voice;
  readonly order: string;
  readonly #directoryPath: string;
  #name = "";

  constructor(directory: NodeId, directoryPath: string, voice: Voice) {
    this.directory = directory;
    this.#directoryPath = directoryPath;
    this.voice = voice;
    this.order = voice.order;
  }

  get name(): string {
    return this.#name;
  }

  get path(): string {
    return joinPath(this.#directoryPath, this.#name);
  }

  /** The same object serves all rows of a listing. */
  moveTo(name: string, id: NodeId | undefined): void {
    this.#name = name;
    this.id = id;
  }
}
