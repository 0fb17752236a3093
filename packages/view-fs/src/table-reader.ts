import type { Row, Value } from "@fustor/core";
import type { FileType, FsAttributes } from "@fustor/schema-fs";

const FILE_TYPES: ReadonlySet<Value> = new Set<FileType>(["f", "d", "l", "p", "s", "b", "c"]);

/** The reader of tables with these fields: one after the other they most often have the same. */
export function readerOf(fields: readonly string[]): TableReader {
  if (!areEqual(fields, lastFields)) lastReader = new TableReader(fields);
  lastFields = fields;
  return lastReader;
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((field, i) => field === b[i]));
}

/** Reads the rows of one table, whatever columns it brings. */
export class TableReader {
  readonly #type: number;
  readonly #size: number;
  readonly #mtime: number;
  readonly #mtimeNsec: number;
  readonly #ctime: number;
  readonly #ctimeNsec: number;
  readonly #mode: number;
  readonly #uid: number;
  readonly #gid: number;
  readonly #ino: number;
  readonly #nlink: number;
  readonly #blocks: number;

  constructor(fields: readonly string[]) {
    this.#type = fields.indexOf("type");
    this.#size = fields.indexOf("size");
    this.#mtime = fields.indexOf("mtime");
    this.#mtimeNsec = fields.indexOf("mtime_nsec");
    this.#ctime = fields.indexOf("ctime");
    this.#ctimeNsec = fields.indexOf("ctime_nsec");
    this.#mode = fields.indexOf("mode");
    this.#uid = fields.indexOf("uid");
    this.#gid = fields.indexOf("gid");
    this.#ino = fields.indexOf("ino");
    this.#nlink = fields.indexOf("nlink");
    this.#blocks = fields.indexOf("blocks");
  }

  /** The row's key: a name or a path. Undefined when it is no text. */
  key(row: Row): string | undefined {
    const key = row[0];
    return typeof key === "string" ? key : undefined;
  }

  /**
   * The row's attributes. One with its key alone says that the name is there, and no more. `known`
   * gives what is known of the name, for what the row leaves out.
   */
  rowOf(row: Row, known: (() => FsAttributes | undefined) | undefined): FsAttributes | undefined {
    if (row.length === 1) return undefined;
    return this.#whole(row) ?? this.attributes(row, known?.());
  }

  /**
   * The row's attributes. What it does not say stays as `known` has it if that is of the same
   * type, else 0. Undefined when neither tells a type.
   */
  attributes(row: Row, known: FsAttributes | undefined): FsAttributes | undefined {
    const said = row[this.#type];
    const type = said !== undefined && isFileType(said) ? said : known?.type;
    if (type === undefined) return undefined;
    const old = known?.type === type ? known : undefined;
    return {
      type,
      size: toNumber(row[this.#size], old?.size),
      mtime: toNumber(row[this.#mtime], old?.mtime),
      mtimeNsec: toNumber(row[this.#mtimeNsec], old?.mtimeNsec),
      ctime: toNumber(row[this.#ctime], old?.ctime),
      ctimeNsec: toNumber(row[this.#ctimeNsec], old?.ctimeNsec),
      mode: toNumber(row[this.#mode], old?.mode),
      uid: toNumber(row[this.#uid], old?.uid),
      gid: toNumber(row[this.#gid], old?.gid),
      ino: toInode(row[this.#ino], old?.ino),
      nlink: toNumber(row[this.#nlink], old?.nlink),
      blocks: toNumber(row[this.#blocks], old?.blocks),
    };
  }

  /** The attributes of a row that leaves nothing out, as nearly all do; undefined for others. */
  #whole(row: Row): FsAttributes | undefined {
    const type = row[this.#type];
    const size = row[this.#size];
    const mtime = row[this.#mtime];
    const mtimeNsec = row[this.#mtimeNsec];
    const ctime = row[this.#ctime];
    const ctimeNsec = row[this.#ctimeNsec];
    const mode = row[this.#mode];
    const uid = row[this.#uid];
    const gid = row[this.#gid];
    const ino = row[this.#ino];
    const nlink = row[this.#nlink];
    const blocks = row[this.#blocks];
    const isWhole =
      type !== undefined &&
      isFileType(type) &&
      isFinite(size) &&
      isFinite(mtime) &&
      isFinite(mtimeNsec) &&
      isFinite(ctime) &&
      isFinite(ctimeNsec) &&
      isFinite(mode) &&
      isFinite(uid) &&
      isFinite(gid) &&
      (typeof ino === "number" || typeof ino === "string") &&
      isFinite(nlink) &&
      isFinite(blocks);
    if (!isWhole) return undefined;
    return { type, size, mtime, mtimeNsec, ctime, ctimeNsec, mode, uid, gid, ino, nlink, blocks };
  }
}

let lastFields: readonly string[] = [];
let lastReader = new TableReader(lastFields);

/** True when every attribute is the same. */
export function isSame(a: FsAttributes, b: FsAttributes): boolean {
  return (
    isAtRest(a, b) &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.ino === b.ino &&
    a.nlink === b.nlink &&
    a.blocks === b.blocks
  );
}

/** True when size, mtime and ctime stood still. */
export function isAtRest(a: FsAttributes, b: FsAttributes): boolean {
  return hasSameContent(a, b) && a.ctime === b.ctime && a.ctimeNsec === b.ctimeNsec;
}

/** True when nothing speaks of different content. */
export function hasSameContent(a: FsAttributes, b: FsAttributes): boolean {
  return (
    a.type === b.type && a.size === b.size && a.mtime === b.mtime && a.mtimeNsec === b.mtimeNsec
  );
}

function isFileType(value: Value): value is FileType {
  return FILE_TYPES.has(value);
}

function isFinite(value: Value | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function toNumber(value: Value | undefined, known = 0): number {
  if (typeof value === "number") return Number.isFinite(value) ? value : known;
  if (typeof value !== "string" || value === "") return known;
  const number = Number(value);
  return Number.isFinite(number) ? number : known;
}

function toInode(value: Value | undefined, known: number | string = 0): number | string {
  return typeof value === "number" || typeof value === "string" ? value : known;
}
