import { hostname } from "node:os";
import { isIP } from "node:net";

/** The headers of a request, as Node.js reads them. */
export interface BrowserHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly "sec-fetch-site"?: string | string[] | undefined;
}

/**
 * False for a `Host` that somebody else's name may stand in: a page elsewhere can let its own name
 * point here, and its browser then takes us for that page. It cannot do so with an address, with
 * `localhost` or with this machine's own name; `allowed` are further names.
 */
export function isOwnHost(host: string | undefined, allowed: readonly string[] = []): boolean {
  // Browsers always send one.
  if (host === undefined) return true;
  const name = host
    .replace(/:\d{1,5}$/, "")
    .replace(/\.$/, "")
    .toLowerCase();
  if (isIP(name) === 4 || isIP(/^\[(.*)\]$/.exec(name)?.[1] ?? "") === 6) return true;
  const full = hostname().toLowerCase();
  const known = [
    "localhost",
    full,
    full.split(".")[0],
    ...allowed.map((each) => each.toLowerCase()),
  ];
  return known.includes(name);
}

/**
 * Whether a browser says that a page of ours asks, or the person at it. Undefined where nothing is
 * said of it: by a program, or an old browser that only reads.
 */
export function isFromOwnPage(headers: BrowserHeaders): boolean | undefined {
  const { origin, host, "sec-fetch-site": site } = headers;
  if (site !== undefined) return site === "same-origin" || site === "none";
  if (origin === undefined) return undefined;
  try {
    return new URL(origin).host === host?.toLowerCase();
  } catch {
    return false;
  }
}
