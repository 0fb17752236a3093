import type { Attributes } from "./attributes.js";
import { HEADER_BYTES } from "./name-pool.js";
import { CHUNK_NODES } from "./node-space.js";
import type { Paged } from "./page-copy.js";
import type { Placement } from "./placement.js";
import type { SharedNames } from "./search/search.js";

/** Columns that belong together. */
export type ColumnGroup =
  "files" | "directories" | "sums" | "children" | "names" | "nameRecords" | "kinds";

/** A tree's memory, as checkpoints see it. */
export interface TreeMemory {
  readonly paged: Readonly<Record<ColumnGroup, Paged<unknown>>>;
  readonly attributes: Attributes;
  /** Makes what is found by other things again, after the last page. */
  index(): void;
}

export type Buffers = Readonly<Record<ColumnGroup, readonly SharedArrayBuffer[]>>;

/** The memory of a tree, of which a checkpoint consists. */
export function memoryOf(
  { nodes, names, directories, children }: Placement,
  attributes: Attributes,
): TreeMemory {
  const { records, pool } = names.paged;
  return {
    paged: {
      files: nodes.files,
      directories: nodes.directories,
      sums: directories,
      children: children.blocks,
      names: pool,
      nameRecords: records,
      kinds: attributes.kinds,
    },
    attributes,
    index: () => {
      names.index();
      attributes.kinds.index();
    },
  };
}

/** The buffers behind a tree, by group of columns, in the order of what they hold. */
export function buffersOf(
  { nodes, names, directories, children }: Placement,
  attributes: Attributes,
): Buffers {
  const { pool, records } = names.buffers;
  return {
    files: nodes.files.chunks.map(({ buffer }) => buffer),
    directories: nodes.directories.chunks.map(({ buffer }) => buffer),
    sums: directories.buffers,
    children: children.buffers,
    names: pool,
    nameRecords: records,
    kinds: attributes.kinds.buffers,
  };
}

/** What a search in another thread needs: `searchNames`. */
export function shareNames({ nodes: { files, directories }, names }: Placement): SharedNames {
  return {
    segments: names.segments(),
    namesEnd: names.end,
    files: files.chunks.map(({ buffer }) => buffer),
    directories: directories.chunks.map(({ buffer }) => buffer),
    filesEnd: files.end,
    directoriesEnd: directories.end,
    chunkNodes: CHUNK_NODES,
    headerBytes: HEADER_BYTES,
  };
}
