import { PullNumber, PullRequestRef, Sha } from "@nominal-code/domain/event/PullRequest"
import { MayHaveEarlierRuns, RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import type { GitHubPauses, Moment } from "@nominal-code/testing/GitHubPauses"
import { Clock, Deferred, Effect, Fiber, type Layer } from "effect"
import type { Forge } from "../src/Forge.ts"
import { forgeAt, instantClock, opened } from "./FakeGitHub.ts"

/** Holder of the job's lease: `first` to begin with. `second` runs once it has taken the lease over. */
export type Server = "first" | "second"

/** The requests that are steps of a run: what it sees, and what it changes. Between them nothing happens. */
const steps = new Set([
  "graphql",
  "pulls/create-review",
  "pulls/submit-review",
  "pulls/delete-pending-review",
  "issues/create-comment",
  "issues/delete-comment"
])

/** The moments at which a run can stand still. */
export const momentsOf = (...operations: ReadonlyArray<string>): ReadonlyArray<Moment> =>
  operations.flatMap((operation) => [{ when: "before", operation }, { when: "after", operation }] as const)

/** Every pair of moments of two runs. */
export const pairsOf = (moments: ReadonlyArray<Moment>, others = moments) =>
  moments.flatMap((first) => others.map((second) => [first, second] as const))

interface Runner {
  state: "going" | "stopped" | "ended"
  go: Deferred.Deferred<void>
  at: Moment | undefined
}

/** Meeting place of two servers: the forge with its pauses, and the account's token of each. */
export interface Arena {
  readonly pauses: GitHubPauses
  /** The requests that are steps of a run: what it sees, and what it changes. Between them nothing happens. */
  readonly steps: ReadonlySet<string>
  readonly tokens: Readonly<Record<Server, string>>
  readonly forge: (token: string) => Layer.Layer<Forge>
}

/** Makes races of two runs of one job, which take their steps as the test tells them. */
export const makeRace = Effect.fnUntraced(function*({ forge, pauses, steps, tokens }: Arena) {
  const { instant } = yield* instantClock
  return Effect.fnUntraced(function*<A, E>(run: Effect.Effect<A, E, Forge>, other = run) {
    let holder: Server = "first"
    let changed = Deferred.makeUnsafe<void>()
    const runner = (): Runner => ({ state: "stopped", go: Deferred.makeUnsafe<void>(), at: undefined })
    const runners = { first: runner(), second: runner() }
    const tell = Effect.suspend(() => Deferred.succeed(changed, undefined))
    const stop = (server: Server, at: Moment | undefined) =>
      Effect.suspend(() => {
        Object.assign(runners[server], { state: "stopped", go: Deferred.makeUnsafe<void>(), at })
        return Effect.andThen(tell, Deferred.await(runners[server].go))
      })
    pauses.at(({ operation, token, when }) =>
      steps.has(operation) ? stop(token === tokens.first ? "first" : "second", { when, operation }) : Effect.void
    )
    const start = (server: Server) =>
      stop(server, undefined).pipe(
        Effect.andThen(Effect.result(server === "first" ? run : other)),
        Effect.provide(forge(tokens[server])),
        Effect.provideService(RunStillWanted, Effect.sync(() => holder === server)),
        Effect.provideService(MayHaveEarlierRuns, server === "second"),
        Effect.provideService(Clock.Clock, instant),
        Effect.ensuring(Effect.suspend(() => {
          runners[server].state = "ended"
          return tell
        })),
        Effect.forkScoped
      )
    const fibers = { first: yield* start("first"), second: yield* start("second") }
    const settled = Effect.suspend(() => {
      changed = Deferred.makeUnsafe<void>()
      return runners.first.state === "going" || runners.second.state === "going" ? Deferred.await(changed) : Effect.void
    }).pipe(Effect.repeat({ until: () => runners.first.state !== "going" && runners.second.state !== "going" }))
    yield* Effect.yieldNow
    yield* settled

    /** Lets a server take one step, if it has not ended. */
    const step = (server: Server) =>
      Effect.suspend(() => {
        const it = runners[server]
        if (it.state === "ended") return Effect.void
        it.state = "going"
        return Effect.andThen(Deferred.succeed(it.go, undefined), settled)
      })

    /** Lets a server go on until it comes to a moment, or to its end. */
    const goOn = (server: Server, to?: Moment) =>
      step(server).pipe(
        Effect.repeat({
          until: () => {
            const { at, state } = runners[server]
            return state === "ended" ||
              (to !== undefined && at?.operation === to.operation && at.when === to.when)
          }
        }),
        Effect.asVoid
      )
    return {
      step,
      goOn,
      hasEnded: (server: Server) => runners[server].state === "ended",
      /** The first server's lease expires, and the second one has it. */
      takeOver: Effect.sync(() => {
        holder = "second"
      }),
      /** The first server dies. What it sent last is on its way. */
      kill: Fiber.interrupt(fibers.first),
      /** Lets the first server's last request arrive. */
      arrive: Effect.suspend(() => Deferred.succeed(runners.first.go, undefined)),
      first: Fiber.join(fibers.first),
      second: Fiber.join(fibers.second)
    }
  })
})

const commits = [{ message: "Change it", files: { "src/cart.ts": "one\ntwo\n3\n4\n5\n6\n7\n8\n9\n10\n" } }] as const

/** Two servers that run the same job, one of them with a lease that it lost, against one emulated GitHub. */
export const twoServers = Effect.gen(function*() {
  const emulator = yield* GitHubEmulator.make()
  const before = [{ message: "Begin", files: { "src/cart.ts": "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n" } }] as const
  const pull = yield* emulator.openPullRequest({
    repository: yield* emulator.addRepository("acme/shop", before),
    commits
  })
  const bot = emulator.account("nominal-bot")
  const tokens = { first: emulator.state.addToken(bot), second: emulator.state.addToken(bot) }
  const race = yield* makeRace({
    pauses: emulator.pauses,
    steps,
    tokens,
    forge: (token) => forgeAt(emulator.apiBase, { token })
  })

  /** Forgets what was posted. */
  const clear = Effect.sync(() => {
    for (const list of [emulator.state.reviews, emulator.state.reviewComments, emulator.state.issueComments]) {
      list.length = 0
    }
  })
  const ref = new PullRequestRef({
    platform: "github",
    repo: opened.pullRequest.repo,
    number: PullNumber.make(pull.number)
  })
  const event = { ...opened, pullRequest: ref, headSha: Sha.make(pull.headSha) }
  return { emulator, pull, event, race, clear }
})
