import { Effect } from "effect"
import { type Api, type Handlers, notFound, pullOf, Refusal } from "./GitHubApi.ts"
import type { DiffFile } from "./GitHubDiff.ts"
import type { Fields } from "./GitHubExamples.ts"
import { fileAt, log, mergeBase, tip } from "./GitHubGit.ts"
import type { PullRequest } from "./GitHubState.ts"

const maxCommits = 250
const maxDiffFiles = 300
const maxDiffLines = 20_000

/** Fields of a pull request that lists leave out. */
const onlyAlone = new Set([
  "merged",
  "mergeable",
  "rebaseable",
  "mergeable_state",
  "merged_by",
  "comments",
  "review_comments",
  "maintainer_can_modify",
  "commits",
  "additions",
  "deletions",
  "changed_files"
])

const inList = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !onlyAlone.has(name)))

const commitsOf = Effect.fnUntraced(function*({ baseSha, headSha, repository }: PullRequest) {
  const base = yield* mergeBase(repository.directory, baseSha, headSha)
  return yield* log(repository.directory, base, headSha)
})

/** The whole diff as text, which GitHub refuses to make for large changes. */
const asText = (files: ReadonlyArray<DiffFile>) => {
  const lines = files.reduce((total, { patch }) => total + patch.split("\n").length, 0)
  if (files.length > maxDiffFiles || lines > maxDiffLines) {
    return Effect.fail(
      new Refusal({
        status: 406,
        message: `Sorry, the diff exceeded the maximum number of files (${maxDiffFiles}) or lines (${maxDiffLines})`,
        errors: [{ resource: "PullRequest", field: "diff", code: "too_large" }]
      })
    )
  }
  const text = files.map(({ patch, path, previousPath = path }) => `diff --git a/${previousPath} b/${path}\n${patch}\n`)
  return Effect.succeed({ status: 200 as const, text: text.join("") })
}

/** Pull requests, their files and their commits; the repository; who asks. */
export const pullRoutes = (api: Api): Handlers => ({
  "users/get-authenticated": ({ viewer }) => Effect.succeed({ status: 200, body: api.wire.self(viewer) }),
  // Of the many resources, only those that are required, and as they are before the first request of an hour.
  "rate-limit/get": () => {
    const rate = { limit: 5_000, remaining: 5_000, reset: 1_900_000_000, used: 0 }
    return Effect.succeed({ status: 200, body: { resources: { core: rate, search: rate }, rate } })
  },
  "repos/get": ({ params }) => {
    const repository = api.state.repository(`${params["owner"]}/${params["repo"]}`)
    return repository === undefined
      ? Effect.fail(notFound)
      : Effect.succeed({ status: 200, body: api.wire.repository(repository) })
  },
  /** Only the newest one is there: it proves that the contents may be read. */
  "repos/list-commits": Effect.fnUntraced(function*({ params }) {
    const repository = api.state.repository(`${params["owner"]}/${params["repo"]}`)
    if (repository === undefined) return yield* notFound
    const commits = yield* tip(repository.directory, repository.defaultBranch)
    return { status: 200, list: commits.map((commit) => api.wire.commit({ repository }, commit)) }
  }),
  "repos/get-content": Effect.fnUntraced(function*({ params, query }) {
    const repository = api.state.repository(`${params["owner"]}/${params["repo"]}`)
    if (repository === undefined) return yield* notFound
    const path = params["path"] ?? ""
    const text = yield* fileAt(repository.directory, query.get("ref") ?? repository.defaultBranch, path)
    if (text === undefined) return yield* notFound
    return { status: 200, body: api.wire.content(repository, path, text) }
  }),
  "pulls/list": ({ params, query }) => {
    const name = `${params["owner"]}/${params["repo"]}`
    if (api.state.repository(name) === undefined) return Effect.fail(notFound)
    const state = query.get("state") ?? "open"
    const at = query.get("sort") === "updated"
      ? ({ updatedAt }: PullRequest) => updatedAt
      : ({ createdAt }: PullRequest) => createdAt
    const sign = query.get("direction") === "asc" ? 1 : -1
    const list = api.state.pulls.filter((pull) =>
      pull.repository.fullName.toLowerCase() === name.toLowerCase() && (state === "all" || pull.state === state)
    ).toSorted((one, other) => sign * (at(one) - at(other)))
    return Effect.succeed({ status: 200, list: list.map((pull) => inList(api.wire.pull(pull))) })
  },
  "pulls/get": Effect.fnUntraced(function*(call) {
    const pull = yield* pullOf(api, call)
    const files = yield* api.diff(pull, pull.headSha)
    if (/\.diff\b/.test(call.accept)) return yield* asText(files)
    const counts = {
      files,
      commits: (yield* commitsOf(pull)).length,
      comments: api.state.issueCommentsOf(pull).length,
      reviewComments: api.state.reviewCommentsOf(pull).length
    }
    return { status: 200, body: api.wire.pullWithCounts(pull, counts) }
  }),
  "pulls/list-files": Effect.fnUntraced(function*(call) {
    const pull = yield* pullOf(api, call)
    const { files: maxFiles, patchBytes, patchLines } = api.options
    const shown = (yield* api.diff(pull, pull.headSha)).slice(0, maxFiles).map((file) => {
      const tooLarge = Buffer.byteLength(file.patch) > patchBytes || file.patch.split("\n").length > patchLines
      return api.wire.file(pull, tooLarge ? { ...file, patch: "" } : file)
    })
    return { status: 200, list: shown }
  }),
  "pulls/list-commits": Effect.fnUntraced(function*(call) {
    const pull = yield* pullOf(api, call)
    const commits = (yield* commitsOf(pull)).slice(0, maxCommits)
    return { status: 200, list: commits.map((commit) => api.wire.commit(pull, commit)) }
  })
})
