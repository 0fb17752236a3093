/** A path as the API says it: its bytes come along when the text cannot say them. */
export interface WirePath {
  readonly path: string;
  readonly path_b64?: string | undefined;
}

export const ROOT: WirePath = { path: "/" };

/** The parameters by which a call, or an address of this console, names a path. */
export function pathParams({ path, path_b64 }: WirePath): {
  readonly path?: string;
  readonly path_b64?: string;
} {
  return path_b64 === undefined || path_b64 === "" ? { path } : { path_b64 };
}

/** Reads what `pathParams` wrote. */
export function readPathParams(search: URLSearchParams): WirePath {
  const bytes = search.get("path_b64") ?? "";
  if (bytes !== "") {
    const text = textOf(bytes);
    if (text !== undefined) return { path: text, path_b64: bytes };
  }
  const path = search.get("path") ?? "";
  return { path: path.startsWith("/") ? path : `/${path}` };
}

/** A path and all above it, the root first. */
export function ancestors(at: WirePath): readonly WirePath[] {
  const bytes = at.path_b64 === undefined ? encode(at.path) : decodeBase64(at.path_b64);
  const found = [ROOT];
  for (let end = 1; end <= bytes.length; end += 1) {
    const isEnd = end === bytes.length || bytes.charCodeAt(end) === SLASH;
    if (isEnd && end > 1) found.push(toWirePath(bytes.slice(0, end)));
  }
  return found;
}

export function parentOf(at: WirePath): WirePath {
  return ancestors(at).at(-2) ?? ROOT;
}

/** The last part of a path; `/` for the root. */
export function nameOf({ path }: WirePath): string {
  return path === "/" ? path : path.slice(path.lastIndexOf("/") + 1);
}

export function isSamePath(one: WirePath, other: WirePath): boolean {
  return one.path === other.path && (one.path_b64 ?? "") === (other.path_b64 ?? "");
}

/** The path as a shell takes it, for pasting: `'it'\''s'`, or `$'\xff'` for bytes that are no text. */
export function shellWord({ path, path_b64 }: WirePath): string {
  if (path_b64 !== undefined) {
    const escaped = Array.from(decodeBase64(path_b64), (byte) => {
      const code = byte.charCodeAt(0);
      const isPlain = /[\w./,@%+=:-]/.test(byte) && code < 0x80;
      return isPlain ? byte : `\\x${code.toString(16).padStart(2, "0")}`;
    });
    return `$'${escaped.join("")}'`;
  }
  return /^[\w./,@%+=:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

const SLASH = 47;

/** Bytes are kept as texts of one character a byte, which is what base 64 is made of here. */
function toWirePath(bytes: string): WirePath {
  const text = decodeUtf8(bytes);
  return text.includes("\ufffd") && encode(text) !== bytes
    ? { path: text, path_b64: btoa(bytes) }
    : { path: text };
}

function textOf(base64: string): string | undefined {
  try {
    return decodeUtf8(atob(base64));
  } catch {
    return undefined;
  }
}

function decodeBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    return "/";
  }
}

function decodeUtf8(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

function encode(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}
