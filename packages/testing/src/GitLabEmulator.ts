import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type DeliveryAnswer, DeliveryFailed } from "./GitHubDeliveries.ts"
import { GitHubFaults } from "./GitHubFaults.ts"
import { makeJournal } from "./GitHubJournal.ts"
import { GitHubPauses } from "./GitHubPauses.ts"
import { listenScoped } from "./GitHubServer.ts"
import { type Api, makeDiffs, type Options } from "./GitLabApi.ts"
import { type GitLabEvent, type Hook, payloadOf, post } from "./GitLabDeliveries.ts"
import { addDiscussion, addNote, addReply } from "./GitLabNotes.ts"
import type { Position } from "./GitLabPositions.ts"
import { makeScenario } from "./GitLabScenario.ts"
import { serveGitLab } from "./GitLabServer.ts"
import { type Discussion, GitLabState, type MergeRequest, refsOf } from "./GitLabState.ts"
import { GitLabWire } from "./GitLabWire.ts"

/** Failures in a row after which a hook is disabled. Source: GitLab's "Auto-disabled webhooks". */
const mostFailures = 4

/** Hooks by their address and secrets, with the number of their last deliveries that failed. */
class Hooks {
  readonly #failures = new Map<string, number>()

  /** A hook whose deliveries are answered 4xx or 5xx gets no more of them. */
  counted(deliver: (event: GitLabEvent, hook: Hook) => Effect.Effect<DeliveryAnswer, DeliveryFailed>) {
    return (event: GitLabEvent, hook: Hook) =>
      Effect.suspend(() => {
        const key = JSON.stringify([hook.url, hook.token, hook.signingToken])
        const failed = this.#failures.get(key) ?? 0
        if (failed >= mostFailures) {
          return Effect.fail(new DeliveryFailed({ message: `GitLab has disabled the hook after ${failed} failures` }))
        }
        return Effect.tap(deliver(event, hook), ({ status }) =>
          Effect.sync(() => this.#failures.set(key, status < 400 ? 0 : failed + 1)))
      })
  }
}

const defaults: Options = { files: 1_000, collapsedBytes: 100_000, version: "18.6.0-ee" }

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "emulated-gitlab-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
)

/**
 * An emulated GitLab on the loopback: its REST API, and git over HTTP on real repositories. It keeps everything in
 * memory and in a temporary directory, and is gone with the scope. It is as strict as GitLab about places in the diff:
 * a comment on a place that it does not find is refused, and a draft on one is lost when it is published.
 */
export const make = Effect.fn("GitLabEmulator.make")(function*(options: Partial<Options> = {}) {
  const directory = yield* temporary
  const { origin, server } = yield* listenScoped
  const state = new GitLabState()
  const wire = new GitLabWire(origin, state)
  const api: Api = { origin, state, options: { ...defaults, ...options }, diff: makeDiffs() }
  const journal = yield* makeJournal
  const hooks = new Hooks()
  const faults = new GitHubFaults()
  const pauses = new GitHubPauses()
  serveGitLab(server, { api, wire, faults, journal, pauses }, yield* Effect.abortSignal)

  return {
    origin,
    state,
    faults,
    pauses,
    ...makeScenario(api, directory),
    requests: journal.requests,
    /** Requests for routes that the emulated GitLab does not have. */
    violations: journal.violations,
    /** Every request from now on, when it has been answered. */
    journal: journal.stream,
    /** The account of that name. Its `token` opens the API and git. */
    account: (username: string, bot?: boolean) => state.account(username, bot),
    /** The diff that a merge request shows now. */
    files: (request: MergeRequest) => api.diff(request.project, refsOf(request)),
    comment: (request: MergeRequest, author: string, body: string) =>
      addNote(api, request, state.account(author), body),
    discuss: (request: MergeRequest, author: string, body: string, position?: Position) =>
      addDiscussion(api, request, state.account(author), body, position),
    reply: (discussion: Discussion, author: string, body: string) =>
      addReply(api, discussion, state.account(author), body),
    /** The payload that GitLab would send, to be broken by a test. */
    payload: (event: GitLabEvent) => payloadOf(wire, event),
    /** Tells a webhook of an event. */
    deliver: hooks.counted((event: GitLabEvent, hook: Hook) =>
      post(event.event, JSON.stringify(payloadOf(wire, event)), hook)
    )
  }
})

/** A running emulated GitLab. */
export type GitLabEmulator = Effect.Success<ReturnType<typeof make>>
