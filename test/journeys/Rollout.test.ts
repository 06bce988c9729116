import { assert, it } from "@effect/vitest"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { redisSuite } from "@nominal-code/testing/RedisServer"
import { type Script, submitReview } from "@nominal-code/testing/ScriptedModel"
import type { ServeProcess } from "@nominal-code/testing/ServeProcess"
import { Effect, Fiber, Schedule } from "effect"
import * as Clusters from "./Cluster.ts"
import { nameOf, stalled, until } from "./Journey.ts"
import { finding, open } from "./Shop.ts"

const review = { calls: [submitReview("Looked at.", [finding("src/total.ts", "Cents are lost.")])] }

/** The servers behind one Service, in turn. One that leaves gets nothing new, and has time for what it has. */
const service = (servers: ReadonlyArray<ServeProcess>) => {
  const endpoints = [...servers]
  const busy = new Map<ServeProcess, number>()
  const count = (server: ServeProcess, by: number) => busy.set(server, (busy.get(server) ?? 0) + by)
  return {
    /** Sends to the next of them. */
    send: <A, E>(deliver: (server: ServeProcess) => Effect.Effect<A, E>) =>
      Effect.forEach(endpoints.splice(0, 1), (server) => {
        endpoints.push(server)
        count(server, 1)
        return Effect.ensuring(deliver(server), Effect.sync(() => count(server, -1)))
      }, { concurrency: 1 }),
    /** As a rollout with `maxSurge: 1` does it: the new one is ready before. The wait is what `preStop` is for. */
    replace: (old: ServeProcess, fresh: ServeProcess) => {
      endpoints.splice(endpoints.indexOf(old), 1, fresh)
      return until("nothing on its way to the old server", () => busy.get(old) === 0).pipe(
        Effect.andThen(old.stop("SIGTERM"))
      )
    }
  }
}

redisSuite("a rolling update", () => {
  it.live("answers every delivery that comes meanwhile, and each pull request is reviewed once, by one Job; and sets the signing key", () =>
    Effect.gen(function*() {
      const { journey, kube } = yield* Clusters.make({ env: { REVIEWER_TRIGGERS: "pr_opened", JOBS_SIGNING_KEY: "" } })
      const { emulator } = journey
      const old = yield* Effect.all([journey.start(), journey.start()], { concurrency: 2 })
      const servers = [...old]
      const behind = service(old)
      let rolling = true
      let keyed = false
      const sent: Array<{ readonly pull: PullRequest; readonly status: number }> = []
      const away: Array<number> = []

      const deliver = Effect.fnUntraced(function*(script: Script) {
        const pull = yield* open(journey, `shop-${sent.length}`)
        journey.script(pull, script)
        const send = Effect.suspend(() =>
          behind.send((server) => journey.deliver({ event: "pull_request", action: "opened", pull }, server))
        )
        const answers = yield* Effect.repeat(send, {
          // Once a server with the key is there, those without it say that it has to come again.
          schedule: Schedule.spaced("200 millis"),
          while: (answers) => keyed && answers.some(({ status }) => status === 503 && away.push(status) > 0)
        })
        sent.push(...answers.map(({ status }) => ({ pull, status })))
      })
      const reviewed = () => emulator.state.reviews.length

      // Two reviews outlast the servers that began them.
      const long = [stalled(review), stalled(review)]
      for (const { asked, script } of long) yield* Effect.andThen(deliver(script), asked)

      // The machine has two cores: no more pods are started than it can run.
      const next = Effect.andThen(
        deliver(() => review),
        until("some of the reviews", () => reviewed() >= sent.length - long.length - 2)
      )
      const traffic = yield* Effect.forkScoped(Effect.repeat(next, { while: () => rolling }))

      const replace = Effect.fnUntraced(function*(server: ServeProcess, env: Readonly<Record<string, string>> = {}) {
        const before = sent.length
        yield* until("deliveries before", () => sent.length > before + 1)
        const fresh = yield* journey.start(env)
        servers.push(fresh)
        yield* behind.replace(server, fresh)
        return fresh
      })
      const [first, second] = old
      const plain = yield* replace(first)
      keyed = true
      const key = { JOBS_SIGNING_KEY: "a-key-of-the-servers-that-no-pod-has" }
      yield* replace(second, key)
      const before = sent.length
      yield* until("a server without the key asked", () => away.length > 0 && sent.length > before)
      yield* replace(plain, key)
      rolling = false
      yield* Fiber.join(traffic)
      yield* Effect.forEach(long, ({ release }) => release, { concurrency: 1 })
      const settled = () => servers.flatMap(({ log }) => log.filter((line) => line.includes("reviewed: 1 finding(s)")))
      yield* until("the end of every job", () => settled().length >= sent.length)

      assert.deepStrictEqual(sent.filter(({ status }) => status !== 202), [])
      assert.deepStrictEqual(
        emulator.state.reviews.map(({ pull }) => nameOf(pull)).sort(),
        sent.map(({ pull }) => nameOf(pull)).sort()
      )
      assert.strictEqual(settled().length, sent.length)
      assert.strictEqual(kube.controller.starts.length, sent.length)
      yield* journey.checkHonesty
    }))
})
