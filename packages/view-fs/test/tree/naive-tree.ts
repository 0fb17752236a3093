import { DirectoryDigest, joinPath, type FsAttributes } from "@fustor/schema-fs";

/** A node on plain maps: everything asked of it is counted from nothing. */
export class NaiveNode {
  name: string;
  parent: NaiveNode | undefined;
  attributes: FsAttributes | undefined;
  readonly children: Map<string, NaiveNode> | undefined;
  seen = { at: -Infinity, by: 0, error: 0 };
  listed = { at: -Infinity, by: 0, error: 0, complete: false };
  flags = 0;

  constructor(
    name: string,
    parent: NaiveNode | undefined,
    attributes: FsAttributes | undefined,
    isDirectory: boolean,
  ) {
    this.name = name;
    this.parent = parent;
    this.attributes = attributes;
    this.children = isDirectory ? new Map() : undefined;
    parent?.children?.set(name, this);
  }

  get path(): string {
    return this.parent === undefined ? "/" : joinPath(this.parent.path, this.name);
  }

  /** The node and all below it, parents first, in the order of insertion. */
  *all(): Generator<NaiveNode> {
    yield this;
    for (const child of this.children?.values() ?? []) yield* child.all();
  }

  remove(): void {
    this.parent?.children?.delete(this.name);
    this.parent = undefined;
  }

  move(to: NaiveNode, name: string): void {
    this.parent?.children?.delete(this.name);
    this.name = name;
    this.parent = to;
    to.children?.set(name, this);
  }

  isWithin(other: NaiveNode): boolean {
    return this === other || (this.parent?.isWithin(other) ?? false);
  }

  usage() {
    const below = [...this.all()].filter((node) => node !== this);
    const files = below.filter((node) => node.children === undefined);
    const known = below.flatMap(({ attributes }) => (attributes === undefined ? [] : [attributes]));
    const newest = known.reduce<{ seconds: number; nsec: number } | undefined>(
      (max, { mtime, mtimeNsec }) =>
        max === undefined || mtime > max.seconds || (mtime === max.seconds && mtimeNsec > max.nsec)
          ? { seconds: mtime, nsec: mtimeNsec }
          : max,
      undefined,
    );
    return {
      files: files.length,
      directories: below.length - files.length,
      bytes: toNumber(files.map(({ attributes }) => attributes?.size ?? 0)),
      blocks: toNumber(known.map(({ blocks }) => blocks)),
      newest,
    };
  }

  digest(mask: number): string {
    const digest = new DirectoryDigest(mask);
    for (const { name, attributes } of this.children?.values() ?? []) digest.add(name, attributes);
    return digest.toString();
  }
}

function toNumber(parts: readonly number[]): number {
  return Number(
    BigInt.asUintN(
      64,
      parts.reduce((sum, part) => sum + BigInt(part), 0n),
    ),
  );
}
