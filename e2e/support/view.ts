import { decodeName } from "@fustor/schema-fs";
import type { Entry, Tree } from "./tree.js";

/** Where a view is asked, and with which key. */
export interface ViewAddress {
  readonly endpoint: string;
  readonly key: string;
  /** Default: `default`. */
  readonly view?: string;
}

interface JsonNode {
  readonly path: string;
  readonly path_b64?: string;
  readonly type: string;
  readonly size: number;
  readonly modified_time: number;
  readonly children?: readonly JsonNode[];
}

/** One GET below `/api/v1/views/<view>/`; anything but 200 throws with the body. */
export async function ask<T>(address: ViewAddress, path: string): Promise<T> {
  const { endpoint, key, view = "default" } = address;
  const response = await fetch(`${endpoint}/api/v1/views/${view}/${path}`, {
    headers: { "x-api-key": key },
    signal: AbortSignal.timeout(60_000),
  });
  if (response.ok) return (await response.json()) as T;
  throw new Error(`GET ${path} -> ${String(response.status)} ${await response.text()}`);
}

/** The view at and below a path, as the query API tells it. */
export async function readView(address: ViewAddress, path = "/"): Promise<Tree> {
  const asked = encodeURIComponent(path);
  const { data } = await ask<{ data: JsonNode }>(address, `tree?path=${asked}`);
  const tree = new Map<string, Entry>();
  const pending: JsonNode[] = [data];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const path =
      node.path_b64 === undefined ? node.path : decodeName(Buffer.from(node.path_b64, "base64"));
    tree.set(path, { type: node.type, size: node.size, mtime: node.modified_time });
    for (const child of node.children ?? []) pending.push(child);
  }
  return tree;
}
