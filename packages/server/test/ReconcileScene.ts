import type { Policy } from "@nominal-code/domain/event/Policy"
import { type Platform, type PullRequestRef, Sha } from "@nominal-code/domain/event/PullRequest"
import { JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { Marker, renderMarker } from "@nominal-code/domain/review/Marker"
import { Forge } from "@nominal-code/forge/Forge"
import * as Forges from "@nominal-code/forge/Forges"
import * as GitHub from "@nominal-code/forge/GitHub"
import type { GitHubIdentity } from "@nominal-code/forge/github/Options"
import * as GitLab from "@nominal-code/forge/GitLab"
import { type ForgeInventory, Inventories } from "@nominal-code/forge/Inventory"
import { JobQueue, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { now, type PullRequest } from "@nominal-code/testing/GitHubState"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import type { MergeRequest } from "@nominal-code/testing/GitLabState"
import type { Services } from "@nominal-code/testing/QueueSteps"
import { Duration, Effect, Layer, Logger, Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import * as Intake from "../src/Intake.ts"
import * as Reconcile from "../src/Reconcile.ts"
import { policy } from "./ServerFixture.ts"

/** Changes of the usual search. */
export interface Changes {
  readonly policy?: Partial<Policy>
  readonly window?: Duration.Duration
  readonly maxRequests?: number
  /** Another queue than one in the memory. */
  readonly queue?: Layer.Layer<Services>
  /** Another forge, which is looked into first. */
  readonly first?: ForgeInventory
}

const sha = () => randomBytes(20).toString("hex")
const base = [{ message: "Begin", files: { "a.txt": "one\n" } }] as const

/** A new server over the inventory of a forge, with an empty queue in its memory. It reacts to nothing. */
const server = (
  inventory: Effect.Effect<ForgeInventory>,
  platform: Platform,
  { first, maxRequests = 1_000, queue = MemoryQueue.layer, window = Duration.days(1), ...changes }: Changes = {}
) => {
  const rules = { ...policy, allowedUsers: ["mara"], ...changes.policy }
  const forge = Layer.mock(Forge, {
    platform,
    headRef: () => "",
    acknowledge: () => Effect.void,
    check: () => Effect.void
  })
  return Reconcile.layer({ policy: rules, window, maxRequests }).pipe(
    Layer.provideMerge(Intake.layer(rules)),
    Layer.provide(
      Layer.effect(Inventories, Effect.map(inventory, (one) => first === undefined ? [one] : [first, one]))
    ),
    Layer.provideMerge(queue),
    Layer.provide(Forges.layer([forge])),
    Layer.provideMerge(Logger.layer([])),
    Layer.fresh
  )
}

const makeGitHub = Effect.fnUntraced(function*(checkAnswers: boolean) {
  const emulator = yield* GitHubEmulator.make({ checkAnswers })
  const { apps, state } = emulator
  const repository = yield* emulator.addRepository("acme/shop", base)
  const serverAs = (credentials: GitHubIdentity, changes?: Changes) =>
    server(
      GitHub.inventory({ credentials, apiBase: emulator.apiBase, cloneBase: emulator.origin }),
      "github",
      changes
    )
  const asApp = (changes?: Changes) =>
    serverAs({
      _tag: "App",
      appId: "12345",
      privateKey: Redacted.make(apps.apps[0]?.privateKey ?? ""),
      installationId: Option.none()
    }, changes)
  return {
    ...emulator,
    /** A server with the token of its account. */
    server: (changes?: Changes) =>
      serverAs({ _tag: "Token", token: Redacted.make(emulator.account("nominalbot").token) }, changes),
    /** Installs an App on the repository. */
    install: (permissions?: Readonly<Record<string, string>>, changes?: Changes) => {
      const app = apps.register(12_345, "nominalbot", emulator.account("nominalbot[bot]", "Bot"))
      apps.install(app, 67_890, [repository.fullName], permissions)
      return asApp(changes)
    },
    /** Another server of the installed App. */
    again: (changes?: Changes) => asApp(changes),
    post: ({ number }: PullRequestRef, body: string) => {
      const pull = state.pulls.find((one) => one.number === number)
      return pull === undefined ? Effect.die("no such pull request") : emulator.comment(pull, "nominalbot", body)
    },
    /** Pull requests whose commits nobody fetches. */
    open: (count: number, change: Partial<PullRequest> = {}) =>
      Array.from({ length: count }, (): PullRequest => {
        const at = now()
        const pull: PullRequest = {
          id: state.nextId(),
          number: state.pulls.length + 1,
          repository,
          headRepository: repository,
          headBranch: "feature",
          baseBranch: "main",
          author: state.account("mara"),
          createdAt: at,
          title: "Add refunds",
          body: "",
          headSha: sha(),
          baseSha: sha(),
          state: "open",
          mergedAt: undefined,
          closedAt: undefined,
          draft: false,
          labels: [],
          updatedAt: at,
          pushedAt: at,
          ...change
        }
        state.pulls.push(pull)
        return pull
      })
  }
})

/** An emulated GitHub with one repository. */
export const gitHub = makeGitHub(true)

/** One for many pull requests: its answers are held against GitHub's description elsewhere. */
export const gitHubOfMany = makeGitHub(false)

/** An emulated GitLab with one project. */
export const gitLab = Effect.gen(function*() {
  const emulator = yield* GitLabEmulator.make()
  const { state } = emulator
  const project = yield* emulator.addProject("acme/shop", base)
  const options = { apiBase: emulator.origin, token: Redacted.make(emulator.account("nominalbot", true).token) }
  return {
    ...emulator,
    server: (changes?: Changes) => server(GitLab.inventory(options), "gitlab", changes),
    post: ({ number }: PullRequestRef, body: string) => {
      const request = state.requests.find(({ iid }) => iid === number)
      return request === undefined
        ? Effect.die("no such merge request")
        : emulator.comment(request, "nominalbot", body)
    },
    open: (count: number, change: Partial<MergeRequest> = {}) =>
      Array.from({ length: count }, (): MergeRequest => {
        const at = change.updatedAt ?? now()
        const request: MergeRequest = {
          id: state.nextId(),
          iid: state.requests.length + 1,
          project,
          source: project,
          sourceBranch: "feature",
          targetBranch: "main",
          author: state.account("mara"),
          createdAt: at,
          versions: [{ base: sha(), start: sha(), head: sha(), madeAt: at }],
          title: "Add refunds",
          description: "",
          draft: false,
          state: "opened",
          labels: [],
          locked: false,
          updatedAt: at,
          ...change
        }
        state.requests.push(request)
        return request
      })
  }
})

/** The end of a review's text. */
export const markerOf = (headSha: string, jobId = JobId.make("0".repeat(20))) =>
  renderMarker(new Marker({ jobId, headSha: Sha.make(headSha) }))

/** Runs every waiting job to its end: it posts a review of the event's head. */
export const runAll = Effect.fnUntraced(
  function*<E>({ post }: { readonly post: (ref: PullRequestRef, body: string) => Effect.Effect<unknown, E> }) {
    const { settle, take } = yield* JobQueue
    const { list } = yield* JobRecords
    for (const { lane } of yield* list({ state: "waiting", limit: 1_000 })) {
      const lease = Option.getOrThrow(yield* take(lane))
      const { event, id } = lease.job
      if (event._tag !== "Lifecycle") continue
      yield* post(event.pullRequest, `Looked at.\n\n${markerOf(event.headSha, id)}`)
      const outcome = JobOutcome.cases.Reviewed.make({ headSha: event.headSha, findings: 0, alreadyPosted: false })
      yield* settle(lease, Settlement.cases.Done.make({ outcome }))
    }
  }
)

export const round = (use: "offer" | "report" = "offer") => Reconcile.Reconcile.use((reconcile) => reconcile.round(use))
