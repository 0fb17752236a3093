import type { ApiError } from "./api.js";
import { Icon } from "./icons.js";
import { ErrorWords } from "./server-words.js";

/** Why what was just asked for was not done; nothing while nothing is wrong. */
export function ProblemLine({ error }: { readonly error: ApiError | undefined }) {
  if (error === undefined) return null;
  return (
    <div class="problem" role="alert">
      <Icon name="alert" />
      <ErrorWords error={error} />
    </div>
  );
}
