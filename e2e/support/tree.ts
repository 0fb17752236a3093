/** One node, as both the disk and a view can tell it. */
export interface Entry {
  /** The letter of `find -printf %y`. */
  readonly type: string;
  readonly size: number;
  /** Seconds. */
  readonly mtime: number;
}

/** Root-relative path to node; the root is `/`. */
export type Tree = ReadonlyMap<string, Entry>;

/** Times travel as doubles of seconds, which hold a quarter of a microsecond. */
const MTIME_TOLERANCE_SEC = 1e-6;
const DIFFERENCES_SHOWN = 12;

/** What differs, in lines for people; `undefined` when nothing does. */
export function difference(disk: Tree, view: Tree): string | undefined {
  const lines: string[] = [];
  for (const [path, onDisk] of disk) {
    const inView = view.get(path);
    if (inView === undefined) lines.push(`  missing in the view: ${show(path, onDisk)}`);
    else if (!isSame(onDisk, inView)) {
      lines.push(`  differs: disk ${show(path, onDisk)}\n           view ${show(path, inView)}`);
    }
  }
  for (const [path, inView] of view) {
    if (!disk.has(path)) lines.push(`  not on disk: ${show(path, inView)}`);
  }
  if (lines.length === 0) return undefined;
  const shown = lines.slice(0, DIFFERENCES_SHOWN);
  if (lines.length > shown.length)
    shown.push(`  ... and ${String(lines.length - shown.length)} more`);
  return [
    `disk has ${String(disk.size)} nodes, the view ${String(view.size)}, ${String(lines.length)} differ:`,
    ...shown,
  ].join("\n");
}

function isSame(a: Entry, b: Entry): boolean {
  return (
    a.type === b.type && a.size === b.size && Math.abs(a.mtime - b.mtime) < MTIME_TOLERANCE_SEC
  );
}

function show(path: string, { type, size, mtime }: Entry): string {
  return `${JSON.stringify(path)} ${type} ${String(size)} bytes, mtime ${mtime.toFixed(6)}`;
}
