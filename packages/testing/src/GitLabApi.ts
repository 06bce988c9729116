import { Data, Effect, Schema } from "effect"
import { type DiffFile, diffOf } from "./GitHubDiff.ts"
import type { GitFailed } from "./GitHubGit.ts"
import { type Account, type DiffRefs, type GitLabState, type MergeRequest, type Project } from "./GitLabState.ts"

/** One request to the API: what its path names, and who asks. */
export interface Call {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
  readonly viewer: Account
}

/** An answer of the API. The server cuts a `list` into pages. */
export type Answer =
  | { readonly status: number; readonly body: unknown }
  | { readonly status: 200; readonly list: ReadonlyArray<unknown> }
  | { readonly status: 204 }

/** GitLab does not do it, and says why: `{"message": …}`. */
export class Refusal extends Data.TaggedError("Refusal")<{ readonly status: number; readonly message: unknown }> {}

/** Limits of the emulated GitLab's answers. */
export interface Options {
  /** A file's diff of more bytes than this is collapsed: it is listed without its text. */
  readonly collapsedBytes: number
  /** Number of changed files that are kept and listed of a merge request. */
  readonly files: number
  /** Version that `GET /version` answers. */
  readonly version: string
}

/** Services that every handler works on. */
export interface Api {
  readonly origin: string
  readonly state: GitLabState
  readonly options: Options
  /** The diff between the commits of one version, computed once. */
  diff(project: Project, refs: Pick<DiffRefs, "base" | "head">): Effect.Effect<ReadonlyArray<DiffFile>, GitFailed>
}

export type Handler = (call: Call) => Effect.Effect<Answer, Refusal | GitFailed>

/** Handlers by method and path, as GitLab's documentation writes them. */
export type Handlers = Readonly<Record<string, Handler>>

/** True if the emulated GitLab is of a release or a newer one. */
export const isSince = ({ options: { version } }: Pick<Api, "options">, major: number, minor: number): boolean => {
  const [ownMajor = 0, ownMinor = 0] = version.split(".").map((part) => Number.parseInt(part, 10))
  return ownMajor > major || ownMajor === major && ownMinor >= minor
}

/** Answer to a call that a release does not have. */
export const notYet: Handler = () => Effect.fail(new Refusal({ status: 404, message: "404 Not Found" }))

export const makeDiffs = (): Api["diff"] => {
  const known = new Map<string, ReadonlyArray<DiffFile>>()
  return (project, { base, head }) => {
    const key = `${project.id} ${base} ${head}`
    const files = known.get(key)
    if (files !== undefined) return Effect.succeed(files)
    return Effect.tap(diffOf(project.directory, base, head), (files) => Effect.sync(() => known.set(key, files)))
  }
}

/** Source: docs.gitlab.com/api/rest/troubleshooting, "Status codes": not there, or not for this account. */
export const notFound = (what: string) => new Refusal({ status: 404, message: `404 ${what} Not Found` })

/**
 * A request's body. GitLab takes JSON and forms alike. Source: docs.gitlab.com/api/rest/troubleshooting, "Status codes": 400
 * where a required attribute is missing. The sentence is ours.
 */
export const bodyOf = <A>(schema: Schema.ConstraintDecoder<A>, { body }: Call): Effect.Effect<A, Refusal> =>
  Effect.mapError(
    Schema.decodeEffect(schema)(body ?? {}),
    (error) => new Refusal({ status: 400, message: error.message })
  )

/**
 * True if an account sees a project. Source: docs.gitlab.com/user/project/merge_requests/confidential: the merge request
 * for a confidential issue is made in a private fork, which only its members see.
 */
export const isSeenBy = (project: Project, viewer: Account): boolean => !project.private || project.members.has(viewer)

/** The project that a path names. */
export const projectOf = ({ state }: Api, { params, viewer }: Call): Effect.Effect<Project, Refusal> => {
  const project = state.project(params["id"] ?? "")
  return project === undefined || !isSeenBy(project, viewer)
    ? Effect.fail(notFound("Project"))
    : Effect.succeed(project)
}

/** The merge request that a path names. */
export const requestOf = Effect.fnUntraced(function*(api: Api, call: Call) {
  const project = yield* projectOf(api, call)
  const request: MergeRequest | undefined = api.state.request(project, Number(call.params["iid"]))
  return request ?? (yield* notFound("Merge Request"))
})

const maxNote = 1_000_000

/** GitLab takes no empty note, and none above a million characters. Source: `Note`'s validations. */
export const checkNote = (text: string): Effect.Effect<void, Refusal> =>
  text.trim() === ""
    ? Effect.fail(new Refusal({ status: 400, message: "400 Bad request - Note can't be blank" }))
    : text.length > maxNote
    ? Effect.fail(new Refusal({ status: 400, message: "400 Bad request - Note is too long" }))
    : Effect.void
