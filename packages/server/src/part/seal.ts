import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const PREFIX = "part.";
const IV_BYTES = 12;
const TAG_BYTES = 16;
/**
 * Texts are filled up to a multiple of it: how many digits a counter has is nobody's business either.
 * Room for the longest cursor of a feed.
 */
const STEP_BYTES = 72;

/**
 * Hides texts in the hands of clients: cursors hold counters that rise with what happens anywhere.
 * The same text looks different each time, so that not even its standing still can be seen. What was
 * sealed by another process cannot be opened.
 */
export class Seal {
  readonly #key = randomBytes(32);

  close(text: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    const length = Math.ceil((Buffer.byteLength(text) + 1) / STEP_BYTES) * STEP_BYTES;
    const filled = Buffer.alloc(length);
    filled.write(text);
    const sealed = Buffer.concat([cipher.update(filled), cipher.final()]);
    return PREFIX + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** Undefined for what was not sealed here. */
  open(text: string): string | undefined {
    if (!this.isSealed(text)) return undefined;
    const bytes = Buffer.from(text.slice(PREFIX.length), "base64url");
    const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
    if (tag.length < TAG_BYTES) return undefined;
    const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(tag);
    try {
      const opened = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
      const filled = Buffer.concat([opened, decipher.final()]);
      return filled.toString("utf8", 0, filled.indexOf(0));
    } catch {
      return undefined;
    }
  }

  /** True for what looks like a text that was sealed by somebody. */
  isSealed(text: string): boolean {
    return text.startsWith(PREFIX) && /^[A-Za-z0-9_-]+$/.test(text.slice(PREFIX.length));
  }
}
