import { Schema, SchemaTransformation } from "effect"

/** The supported forges. */
export const Platform = Schema.Literals(["github", "gitlab"])
export type Platform = typeof Platform.Type

/**
 * Pattern of a name between two slashes, other than `.` and `..`. It has no look-ahead, so that tests can generate
 * names.
 */
const segment = String.raw`(?:[\w-][\w.-]*|\.[\w-][\w.-]*|\.\.[\w.-]+)`

/** `owner/name`, with any number of groups before the name on GitLab. No segment is `.` or `..`: a name becomes a path. */
export const RepoName = Schema.String.check(
  Schema.isPattern(new RegExp(`^${segment}(?:/${segment})+$`), { expected: "a repository's name: owner/name" }),
  Schema.isMaxLength(1024)
).pipe(Schema.brand("RepoName"))
export type RepoName = typeof RepoName.Type

/** The number in `owner/name#7`; the merge request's iid on GitLab. */
export const PullNumber = Schema.Int.check(Schema.isGreaterThan(0)).pipe(Schema.brand("PullNumber"))
export type PullNumber = typeof PullNumber.Type

/** A full commit id, SHA-1 or SHA-256 in lower-case hex: never a branch name, never a git option. */
export const Sha = Schema.String.check(Schema.isPattern(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)).pipe(Schema.brand("Sha"))
export type Sha = typeof Sha.Type

/** Pattern of a file's or a directory's name; `.` is included, because it leads nowhere else. */
const pathSegment = String.raw`(?:[^/\0.][^/\0]*|\.|\.[^/\0.][^/\0]*|\.\.[^/\0]+)`

/** A file's path inside its repository: relative, forward slashes, no `..`, no NUL. */
export const RepoPath = Schema.NonEmptyString.check(
  Schema.isPattern(new RegExp(`^${pathSegment}(?:/${pathSegment}?)*$`), { expected: "a path inside the repository" })
).pipe(Schema.brand("RepoPath"))
export type RepoPath = typeof RepoPath.Type

/** An account's name on its forge. */
export const Login = Schema.NonEmptyString.check(Schema.isPattern(/^[\w.-]+(?:\[bot\])?$/)).pipe(Schema.brand("Login"))
export type Login = typeof Login.Type

/** Identity of a pull request: forge, repository, number. */
export class PullRequestRef extends Schema.Class<PullRequestRef>("@nominal-code/domain/PullRequestRef")({
  platform: Platform,
  repo: RepoName,
  number: PullNumber
}) {
  /** `owner/name#7`, as people write it. */
  override toString() {
    return `${this.repo}#${this.number}`
  }
}

/** The text form `owner/name#7` of a pull request whose forge is known from elsewhere. */
export const PullRequestSlug = Schema.String.check(Schema.isPattern(/^[^#]+#[1-9]\d*$/)).pipe(
  Schema.decodeTo(
    Schema.Struct({ repo: RepoName, number: PullNumber }),
    SchemaTransformation.transform({
      decode: (slug) => {
        const hash = slug.lastIndexOf("#")
        return { repo: slug.slice(0, hash), number: Number(slug.slice(hash + 1)) }
      },
      encode: ({ number, repo }) => `${repo}#${number}`
    })
  )
)

/** True if a label has the name, in any case. No label has an empty one. */
export const hasLabel = (labels: ReadonlyArray<string>, name: string): boolean =>
  name !== "" && labels.some((label) => label.toLowerCase() === name.toLowerCase())

/** A pull request as the forge shows it now. */
export class PullRequest extends Schema.Class<PullRequest>("@nominal-code/domain/PullRequest")({
  ref: PullRequestRef,
  title: Schema.String,
  description: Schema.String,
  author: Schema.String,
  state: Schema.Literals(["open", "closed", "merged"]),
  draft: Schema.Boolean,
  /** Names of its labels. Absent: none. */
  labels: Schema.optionalKey(Schema.Array(Schema.String)),
  headSha: Sha,
  headBranch: Schema.String,
  baseSha: Sha,
  baseBranch: Schema.String,
  /** Last commit of the base branch by now. Absent where the forge does not tell it. */
  baseTip: Schema.optionalKey(Sha)
}) {}
