import { Login, RepoName } from "../PullRequest.ts"
import { defaulted } from "../Setting.ts"
import { list, tags } from "../SettingType.ts"

/** Settings of who may ask for a review, and where. */
export const access = {
  allowedUsers: defaulted([], {
    yaml: "access.allowed_users",
    env: "ALLOWED_USERS",
    kind: list("account names without @", Login),
    doc: "Who may ask for a review by a mention. Nobody else can. Required by `serve`."
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
