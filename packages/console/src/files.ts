import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";

/** One file as it is to be sent. */
export interface ConsoleFile {
  readonly body: Buffer;
  readonly type: string;
  readonly cacheControl: string;
}

/** The files of one console. */
export interface Console {
  /** The page itself: for `/` and for every address that the page understands. */
  readonly page: ConsoleFile;
  /** What the page asks for, by its path. Their names change with their contents. */
  readonly assets: ReadonlyMap<string, ConsoleFile>;
}

/**
 * What the pages may do: load and ask only what their own server has. Nothing that is written in
 * the page itself runs, so that a file name which became markup by mistake could do nothing.
 */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const BUILT = new URL("../dist/web/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Fustor</title>
<p>The console has not been built. Run <code>npm run build</code> and start again.</p>
</html>
`;

/**
 * Reads the files of one console into memory; they are a few hundred kilobytes. In a checkout that
 * was not built the page says so.
 */
export async function loadConsole(name: "agent" | "fusion"): Promise<Console> {
  try {
    const page = await readFile(new URL(`${name}.html`, BUILT));
    const names = await readdir(new URL("assets/", BUILT));
    const assets = await Promise.all(
      names.map(async (file): Promise<[string, ConsoleFile]> => {
        const body = await readFile(new URL(`assets/${file}`, BUILT));
        return [`/assets/${file}`, toFile(body, file, "public, max-age=31536000, immutable")];
      }),
    );
    return { page: toFile(page, "page.html", "no-cache"), assets: new Map(assets) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { page: toFile(Buffer.from(NOT_BUILT), "page.html", "no-store"), assets: new Map() };
  }
}

function toFile(body: Buffer, name: string, cacheControl: string): ConsoleFile {
  return { body, type: TYPES[extname(name)] ?? "application/octet-stream", cacheControl };
}
