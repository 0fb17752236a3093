import { Badge } from "../shared/badge.js";
import { NameText } from "../shared/name-text.js";

/** What a key may do. Paths in it may be long, and hold any character. */
export function ScopeMarks({ scopes }: { readonly scopes: readonly string[] }) {
  return (
    <div class="marks scopes">
      {scopes.map((scope) => (
        <Badge key={scope} tone={scope === "admin" ? "warn" : "quiet"}>
          <NameText name={scope} />
        </Badge>
      ))}
    </div>
  );
}
