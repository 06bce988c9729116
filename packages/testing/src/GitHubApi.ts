import { Data, Effect, Schema } from "effect"
import type { GitHubApps } from "./GitHubApps.ts"
import { type DiffFile, diffOf } from "./GitHubDiff.ts"
import type { GitFailed } from "./GitHubGit.ts"
import type { Account, GitHubState, PullRequest } from "./GitHubState.ts"
import type { GitHubWire } from "./GitHubWire.ts"

/** A checked API request: the operation's parameters, and who asks. */
export interface Call {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
  readonly accept: string
  readonly viewer: Account
  /** The credentials that the request came with. */
  readonly token: string
}

/** An answer of the API. The server cuts a `list` into pages. */
export type Answer =
  | { readonly status: number; readonly body: unknown }
  | { readonly status: 200; readonly list: ReadonlyArray<unknown>; readonly paging?: "cursor" }
  | { readonly status: 200; readonly text: string }
  | { readonly status: 204 }

/** GitHub does not do it, and says why. */
export class Refusal extends Data.TaggedError("Refusal")<{
  readonly status: number
  readonly message: string
  readonly errors?: ReadonlyArray<unknown>
}> {}

export type Handler = (call: Call) => Effect.Effect<Answer, Refusal | GitFailed>

/** Operations by GitHub's own names for them. */
export type Handlers = Readonly<Record<string, Handler>>

/** Limits of GitHub's answers, and the switch of the check against its description. */
export interface Options {
  /** A file's `patch` longer than this is left out. */
  readonly patchLines: number
  readonly patchBytes: number
  readonly files: number
  /** Holds our own answers against GitHub's description too. Where time is measured, that is not for the client to pay. */
  readonly checkAnswers: boolean
}

/** Services that every handler works on. */
export interface Api {
  readonly state: GitHubState
  readonly apps: GitHubApps
  readonly wire: GitHubWire
  readonly options: Options
  /** A pull request's diff at one of its commits, computed once. */
  diff(pull: PullRequest, commit: string): Effect.Effect<ReadonlyArray<DiffFile>, GitFailed>
}

/** Diffs by the two commits they are between, which never change. */
export const makeDiffs = (): Api["diff"] => {
  const known = new Map<string, ReadonlyArray<DiffFile>>()
  return (pull, commit) => {
    const key = `${pull.repository.fullName} ${pull.baseSha} ${commit}`
    const files = known.get(key)
    if (files !== undefined) return Effect.succeed(files)
    return Effect.tap(
      diffOf(pull.repository.directory, pull.baseSha, commit),
      (files) => Effect.sync(() => known.set(key, files))
    )
  }
}

export const notFound = new Refusal({ status: 404, message: "Not Found" })

/** GitHub's answer to something that it understood and will not do. */
export const unprocessable = (...errors: ReadonlyArray<unknown>) =>
  new Refusal({ status: 422, message: "Unprocessable Entity", errors })

/** The pull request that a path names. */
export const pullOf = ({ state }: Api, { params }: Call): Effect.Effect<PullRequest, Refusal> => {
  const number = Number(params["pull_number"] ?? params["issue_number"])
  const pull = state.pull(`${params["owner"]}/${params["repo"]}`, number)
  return pull === undefined ? Effect.fail(notFound) : Effect.succeed(pull)
}

/** A request's body, whose shape the contract has checked before. */
export const bodyOf = <A>(schema: Schema.ConstraintDecoder<A>, { body }: Call): Effect.Effect<A, Refusal> =>
  Effect.mapError(
    Schema.decodeEffect(schema)(body ?? {}),
    (error) => new Refusal({ status: 422, message: "Validation Failed", errors: [error.message] })
  )

/** The item that a path names, among those that are there; 404 where it is not. */
export const found = <A extends { readonly id: number }>(
  items: ReadonlyArray<A>,
  id: string | undefined
): Effect.Effect<A, Refusal> => {
  const item = items.find((candidate) => String(candidate.id) === id)
  return item === undefined ? Effect.fail(notFound) : Effect.succeed(item)
}

const maxBody = 65_536

/** GitHub takes no empty text, and none above 65,536 characters. */
export const checkText = (text: string, what: string): Effect.Effect<void, Refusal> =>
  text.trim() === ""
    ? Effect.fail(unprocessable(`${what} can't be blank`))
    : text.length > maxBody
    ? Effect.fail(unprocessable(`${what} is too long (maximum is ${maxBody} characters)`))
    : Effect.void
