import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { appLogin } from "@nominal-code/domain/event/BotAccount"
import { PullRequest, type PullRequestRef, type RepoName, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema, Stream } from "effect"
import { textOf } from "../FileContent.ts"
import { ForgeError, Refused } from "../ForgeError.ts"
import type { GitHubClient } from "./Client.ts"
import { isNotFound } from "./Failure.ts"

/** Common part of calls about a pull request, which GitHub knows as a pull and as an issue. */
export const pullRequestCall = (operation: string, ref: PullRequestRef) => {
  const slash = ref.repo.indexOf("/")
  return {
    operation: `GitHub.${operation} ${ref}`,
    repo: ref.repo,
    names: { owner: ref.repo.slice(0, slash), repo: ref.repo.slice(slash + 1) }
  }
}

/** Login that GitHub's pages show for a deleted account. */
export const ghost = "ghost"

/** Login of an actor of GraphQL, as REST and deliveries have it: GraphQL leaves the suffix off the name of an App. */
export const actorLogin = (
  actor: { readonly login: string; readonly __typename?: string | undefined } | null
): string => actor === null ? ghost : actor.__typename === "Bot" ? appLogin(actor.login) : actor.login

const Pull = Schema.Struct({
  title: Schema.String,
  body: Schema.NullOr(Schema.String),
  user: Schema.NullOr(Schema.Struct({ login: Schema.String })),
  state: Schema.Literals(["open", "closed"]),
  merged: Schema.optional(Schema.NullOr(Schema.Boolean)),
  draft: Schema.optional(Schema.NullOr(Schema.Boolean)),
  labels: Schema.optional(Schema.Array(Schema.Struct({ name: Schema.String }))),
  changed_files: Schema.optional(Schema.Int),
  head: Schema.Struct({ ref: Schema.String, sha: Sha }),
  base: Schema.Struct({ ref: Schema.String, sha: Sha })
})

const File = Schema.Struct({
  filename: RepoPath,
  previous_filename: Schema.optional(Schema.NullOr(RepoPath)),
  status: Schema.String,
  patch: Schema.optional(Schema.NullOr(Schema.String))
})

/** A file, or what else has that path: of a directory, a list. */
const Contents = Schema.Union([
  Schema.Struct({ type: Schema.String, content: Schema.String }),
  Schema.Struct({ type: Schema.String }),
  Schema.Array(Schema.Unknown)
])

const isStatus = Schema.is(ChangedFile.fields.status)

const changedFile = ({ filename, patch, previous_filename, status }: typeof File.Type) =>
  new ChangedFile({
    path: filename,
    status: isStatus(status) ? status : "modified",
    ...(previous_filename ? { previousPath: previous_filename } : {}),
    ...(patch ? { patch } : {})
  })

/** Number of changed files after which GitHub's list ends without saying so. */
const mostFiles = 3_000

export const makeReads = (client: GitHubClient) => {
  const pull = (operation: string, ref: PullRequestRef) => {
    const { names, ...call } = pullRequestCall(operation, ref)
    return client.request({
      ...call,
      route: "GET /repos/{owner}/{repo}/pulls/{pull_number}",
      parameters: { ...names, pull_number: ref.number },
      answer: Pull
    })
  }

  const pullRequest = Effect.fn("GitHub.pullRequest")(function*(ref: PullRequestRef) {
    const found = yield* pull("pullRequest", ref)
    return new PullRequest({
      ref,
      title: found.title,
      description: found.body ?? "",
      author: found.user?.login ?? ghost,
      state: found.merged === true ? "merged" : found.state,
      draft: found.draft === true,
      labels: (found.labels ?? []).map(({ name }) => name),
      headSha: found.head.sha,
      headBranch: found.head.ref,
      baseSha: found.base.sha,
      baseBranch: found.base.ref
    })
  })

  const changedFiles = Effect.fn("GitHub.changedFiles")(function*(ref: PullRequestRef) {
    const { names, ...call } = pullRequestCall("changedFiles", ref)
    const files = yield* client.pages({
      ...call,
      route: "GET /repos/{owner}/{repo}/pulls/{pull_number}/files",
      parameters: { ...names, pull_number: ref.number },
      answer: File
    }).pipe(Stream.map(changedFile), Stream.runCollect)
    if (files.length < mostFiles) return files
    const { changed_files: all = files.length } = yield* pull("changedFiles", ref)
    if (all <= files.length) return files
    const message = `${all} files changed and GitHub lists ${files.length} of them: split the pull request`
    return yield* new ForgeError({ operation: call.operation, reason: new Refused({ status: 422, message }) })
  })

  const checkAccess = Effect.fn("GitHub.checkAccess")((repo: RepoName) => {
    const [owner = "", name = ""] = repo.split("/")
    return Effect.asVoid(client.request({
      operation: `GitHub.checkAccess ${repo}`,
      repo,
      route: "GET /repos/{owner}/{repo}/commits",
      parameters: { owner, repo: name, per_page: 1 },
      answer: Schema.Unknown
    }))
  })

  const file = Effect.fn("GitHub.file")((repo: RepoName, branch: string, path: RepoPath) => {
    const [owner = "", name = ""] = repo.split("/")
    return client.request({
      operation: `GitHub.file ${repo}`,
      repo,
      route: "GET /repos/{owner}/{repo}/contents/{path}",
      parameters: { owner, repo: name, path, ref: branch },
      answer: Contents
    }).pipe(
      Effect.map((found) => "content" in found && found.type === "file" ? Option.some(textOf(found)) : Option.none()),
      Effect.catchIf(isNotFound, () => Effect.succeedNone)
    )
  })

  return { pullRequest, changedFiles, checkAccess, file }
}
