import { PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import type { GitHubFaults } from "@nominal-code/testing/GitHubFaults"
import type { RequestRecord } from "@nominal-code/testing/GitHubJournal"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import { refsOf } from "@nominal-code/testing/GitLabState"
import { Effect, type Layer, Redacted, type Scope } from "effect"
import type { Forge } from "../src/Forge.ts"
import * as GitLab from "../src/GitLab.ts"
import { forgeAt } from "./FakeGitHub.ts"
import type { Arena } from "./TwoServers.ts"

/** A comment of ours on the diff: the number of its line on the side that it is on, and its range's first. */
export interface PlacedComment {
  readonly path: string
  readonly side: "LEFT" | "RIGHT"
  readonly line: number
  readonly startLine?: number
  readonly body: string
}

/** Posts of our account on the pull request. */
interface OwnPosts {
  readonly summaries: ReadonlyArray<string>
  readonly inline: ReadonlyArray<PlacedComment>
  /** Posts that are not visible to anybody else. */
  readonly pending: number
}

/** A comment of a person, with what an event says of it. */
type WrittenComment = Pick<(typeof PullRequestEvent.cases.Comment)["Type"], "kind" | "commentId" | "threadId">

/** A pull request on an emulated forge, and what a test does with it. */
export interface Scene {
  readonly arena: Arena
  readonly faults: GitHubFaults
  readonly requests: ReadonlyArray<RequestRecord>
  readonly violations: ReadonlyArray<unknown>
  readonly ref: PullRequestRef
  readonly head: Sha
  readonly ownPosts: () => OwnPosts
  /** Number of our emoji. */
  readonly eyes: () => number
  readonly comment: (body: string) => Effect.Effect<WrittenComment, unknown>
  /** Comments on line 10 of `src/cart.ts`. */
  readonly onDiff: (body: string) => Effect.Effect<WrittenComment, unknown>
  /** Resolves every thread of the diff. */
  readonly resolve: () => void
  readonly label: (name: string) => void
  readonly lock: () => void
  readonly clear: Effect.Effect<void>
}

const lines = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name} ${index + 1}\n`)
const cart = lines(40, "cart")
const old = lines(30, "moved")

const before = [{
  message: "Begin",
  files: { "src/cart.ts": cart.join(""), "src/old.ts": old.join(""), "src/gone.ts": "once\nupon\na\ntime\n" }
}] as const
/** Line 10 is another, line 30 is gone, and a file is renamed, one is new, one deleted. */
const commits = [{
  message: "Change it",
  files: {
    "src/cart.ts": cart.with(9, "changed\n").toSpliced(29, 1).join(""),
    "src/old.ts": null,
    "src/moved.ts": old.with(4, "changed\n").join(""),
    "src/new.ts": "one\ntwo\nthree\n",
    "src/gone.ts": null
  }
}] as const

const isMarked = (body: string) => body.includes("<!-- nominal-code ")

/** An emulated GitHub. */
export const gitHubScene: Effect.Effect<Scene, unknown, Scope.Scope> = Effect.gen(function*() {
  const emulator = yield* GitHubEmulator.make()
  const { faults, pauses, requests, state, violations } = emulator
  const pull = yield* emulator.openPullRequest({
    repository: yield* emulator.addRepository("acme/shop", before),
    commits
  })
  const bot = emulator.account("nominal-bot")
  const pending = () => state.reviews.filter((review) => review.state === "PENDING")
  const isVisible = ({ review }: (typeof state.reviewComments)[number]) => review.state !== "PENDING"
  return {
    arena: {
      pauses,
      steps: new Set([
        "graphql",
        "pulls/create-review",
        "pulls/submit-review",
        "pulls/delete-pending-review",
        "issues/create-comment"
      ]),
      tokens: { first: state.addToken(bot), second: state.addToken(bot) },
      forge: (token) => forgeAt(emulator.apiBase, { token })
    },
    faults,
    requests,
    violations,
    ref: new PullRequestRef({
      platform: "github",
      repo: RepoName.make("acme/shop"),
      number: PullNumber.make(pull.number)
    }),
    head: Sha.make(pull.headSha),
    ownPosts: () => ({
      summaries: [...state.reviews.filter((review) => review.state !== "PENDING"), ...state.issueComments]
        .filter(({ author, body }) => author === bot && isMarked(body)).map(({ body }) => body),
      inline: state.reviewComments.filter((comment) => comment.author === bot && isVisible(comment)).map(
        ({ body, line, path, side, startLine }) => ({
          path,
          side: side === "LEFT" ? "LEFT" : "RIGHT",
          line,
          ...(startLine === undefined ? {} : { startLine }),
          body
        })
      ),
      pending: pending().length
    }),
    eyes: () => state.reactions.filter(({ author, content }) => author === bot && content === "eyes").length,
    comment: (body) =>
      Effect.map(
        emulator.comment(pull, "mara", body),
        ({ id }) => ({ kind: "issue_comment", commentId: id })
      ),
    onDiff: (body) =>
      Effect.map(
        emulator.reviewComment(pull, "mara", { path: "src/cart.ts", line: 10, body }),
        ({ id }) => ({ kind: "review_comment", commentId: id, threadId: String(id) })
      ),
    resolve: () => state.reviewComments.forEach((comment) => emulator.resolve(comment, "mara")),
    label: (name) => Object.assign(pull, { labels: [name] }),
    lock: () => {
      faults.next({ method: "POST", path: /comments$|reviews$/ }, {
        _tag: "Answer",
        status: 403,
        message: "Unable to create comment because issue is locked."
      })
    },
    clear: Effect.sync(() => {
      for (const list of [state.reviews, state.reviewComments, state.issueComments]) list.length = 0
    })
  } satisfies Scene
})

const makeGitLabScene = Effect.fnUntraced(function*(version: string) {
  const emulator = yield* GitLabEmulator.make({ version })
  const { faults, pauses, requests, state, violations } = emulator
  const request = yield* emulator.openRequest({
    project: yield* emulator.addProject("acme/backend/shop", before),
    commits
  })
  const bot = emulator.account("nominal-bot", true)
  const { base, head, start } = refsOf(request)
  const at = "/projects/:id/merge_requests/:iid"
  const own = () => state.notes.filter(({ author }) => author === bot)
  return {
    arena: {
      pauses,
      steps: new Set([
        `GET ${at}/discussions`,
        `GET ${at}/draft_notes`,
        `POST ${at}/draft_notes`,
        `DELETE ${at}/draft_notes/:draft_id`,
        `POST ${at}/draft_notes/bulk_publish`,
        `POST ${at}/discussions`,
        `POST ${at}/notes`
      ]),
      tokens: { first: state.addToken(bot), second: state.addToken(bot) },
      forge: (token) => GitLab.layer({ apiBase: emulator.origin, token: Redacted.make(token) })
    },
    faults,
    requests,
    violations,
    ref: new PullRequestRef({
      platform: "gitlab",
      repo: RepoName.make("acme/backend/shop"),
      number: PullNumber.make(request.iid)
    }),
    head: Sha.make(head),
    ownPosts: () => ({
      summaries: own().filter(({ body, discussion }) => discussion.position === undefined && isMarked(body))
        .map(({ body }) => body),
      inline: own().flatMap(({ body, discussion: { position } }) => {
        if (position === undefined) return []
        const side = position.new_line ? "RIGHT" : "LEFT"
        const numberOf = (place: { readonly old_line?: number | null; readonly new_line?: number | null }) =>
          (side === "LEFT" ? place.old_line : place.new_line) ?? 0
        return [{
          path: position.new_path,
          side,
          line: numberOf(position),
          ...(position.line_range ? { startLine: numberOf(position.line_range.start) } : {}),
          body
        }]
      }),
      pending: state.drafts.length
    }),
    eyes: () => state.awards.filter(({ author, name }) => author === bot && name === "eyes").length,
    comment: (body) =>
      Effect.map(emulator.comment(request, "mara", body), (note) => ({
        kind: "note",
        commentId: note?.id ?? 0,
        threadId: note?.discussion.id ?? ""
      })),
    onDiff: (body) =>
      Effect.map(
        emulator.discuss(request, "mara", body, {
          base_sha: base,
          head_sha: head,
          start_sha: start,
          position_type: "text",
          old_path: "src/cart.ts",
          new_path: "src/cart.ts",
          new_line: 10
        }),
        ({ discussion, id }) => ({ kind: "note", commentId: id, threadId: discussion.id })
      ),
    label: (name) => Object.assign(request, { labels: [name] }),
    resolve: () =>
      state.discussions.forEach((discussion) => {
        if (discussion.position !== undefined) discussion.resolvedBy = state.account("mara")
      }),
    lock: () => {
      request.locked = true
    },
    clear: Effect.sync(() => {
      for (const list of [state.discussions, state.notes, state.drafts]) list.length = 0
    })
  } satisfies Scene
})

/** An emulated GitLab. */
export const gitLabScene: Effect.Effect<Scene, unknown, Scope.Scope> = makeGitLabScene("18.6.0-ee")

/** One that has no draft notes, and no list of diffs by page. */
export const oldGitLabScene: Effect.Effect<Scene, unknown, Scope.Scope> = makeGitLabScene("15.0.5")

/** The forge under test, as one of the two servers has it. */
export const forgeOf = ({ arena }: Scene): Layer.Layer<Forge> => arena.forge(arena.tokens.first)
