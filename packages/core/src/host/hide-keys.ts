/**
 * Blanks what looks like a key of Fusion, or a password in a URL, wherever it stands in a text. The id of a
 * key stays: it says which one to revoke. A net under all else: nobody is meant to write such a thing.
 */
export function hideKeys(text: string): string {
  return (
    text
      // Also behind a letter: a line feed before it is one in a line of the log.
      .replace(/fk_([0-9a-f]{12})_[A-Za-z0-9_-]+/g, "fk_$1_***")
      .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@"]*):[^\s/@"]+@/gi, "$1:***@")
  );
}
