import { t } from "../i18n/i18n.js";
import { NameText } from "../shared/name-text.js";
import { ancestors, isSamePath, nameOf, type WirePath } from "../shared/path.js";
import { Link } from "../shared/router.js";

interface CrumbsProps {
  readonly at: WirePath;
  readonly address: (at: WirePath) => string;
}

/** All that stands above a path, as links, and the path itself. */
export function Crumbs({ at, address }: CrumbsProps) {
  return (
    <nav class="crumbs" aria-label={t("files.crumbs")}>
      <ol>
        {ancestors(at).map((each) => (
          <li key={each.path}>
            {isSamePath(each, at) ? (
              <span aria-current="location">
                <NameText name={nameOf(each)} />
              </span>
            ) : (
              <Link to={address(each)}>
                <NameText name={nameOf(each)} />
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
