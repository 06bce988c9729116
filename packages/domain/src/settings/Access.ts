import { AccessLevel, Association, Requirement } from "../event/Access.ts"
import { Login, RepoName } from "../event/PullRequest.ts"
import { defaulted } from "./Setting.ts"
import { list, oneOf, tags } from "./SettingType.ts"

/** Settings of who may ask for a review, and where. */
export const access = {
  allowedUsers: defaulted([], {
    yaml: "access.allowed_users",
    env: "ALLOWED_USERS",
    kind: list("account names without @", Login),
    doc:
      "Who may ask for a review by a mention, beside those of the two settings below. `serve` requires one of the three."
  }),
  allowedAssociations: defaulted([], {
    yaml: "access.allowed_associations",
    env: "ALLOWED_ASSOCIATIONS",
    kind: list(`associations of GitHub, of ${Association.literals.join(", ")}`, Association),
    doc:
      "Who else may ask on GitHub, by the relation to the repository that GitHub tells of: `OWNER`, `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR`."
  }),
  allowedAccessLevel: defaulted("none", {
    yaml: "access.allowed_access_level",
    env: "ALLOWED_ACCESS_LEVEL",
    kind: oneOf(["none", ...AccessLevel.literals]),
    doc: "Who else may ask on GitLab: members of the project with this role or a higher one."
  }),
  require: defaulted("anyone", {
    yaml: "access.require",
    env: "ACCESS_REQUIRE",
    kind: oneOf(Requirement.literals),
    doc:
      "Whose pull requests are reviewed by themselves: those of `anyone`; of a `contributor`, who has contributed before; of a `member`, who can write. Others wait for a mention or for `reviewer.review_label`."
  }),
  allowedRepos: defaulted([], {
    yaml: "access.allowed_repos",
    env: "ALLOWED_REPOS",
    kind: list("owner/name without wildcards", RepoName),
    doc: "The repositories that are served. None named: every one that the webhook tells of."
  }),
  titleIncludeTags: defaulted([], {
    yaml: "access.pr_title_include_tags",
    env: "PR_TITLE_INCLUDE_TAGS",
    kind: tags,
    doc: "A title needs one of them in square brackets, where any is named."
  }),
  titleExcludeTags: defaulted([], {
    yaml: "access.pr_title_exclude_tags",
    env: "PR_TITLE_EXCLUDE_TAGS",
    kind: tags,
    doc: "A title with one of them in square brackets is left alone."
  })
}
