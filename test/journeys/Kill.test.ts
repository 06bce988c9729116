import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { compileCache, startOf } from "@nominal-code/testing/Command"
import { freePort } from "@nominal-code/testing/FreePort"
import { now } from "@nominal-code/testing/GitHubState"
import * as ServeProcess from "@nominal-code/testing/ServeProcess"
import { sized } from "@nominal-code/testing/Sized"
import { Config, Console, Effect, Option, Random, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import process from "node:process"
import { eventually, type Journey, make } from "./Journey.ts"
import * as Traffic from "./Traffic.ts"
import { judge } from "./Verdict.ts"

const inProgress = 20

const isReady = (url: string) =>
  Effect.tryPromise((signal) => fetch(`${url}/ready`, { signal }).then(({ ok }) => ok)).pipe(
    Effect.orElseSucceed(() => false),
    Effect.map((ready) => ready ? Option.some(ready) : Option.none())
  )

/** End of a process: so many milliseconds after it began, after it was ready, or after it posted something. */
interface KillMoment {
  readonly after: "start" | "ready" | "post"
  readonly millis: number
}

const moments = (kills: number) =>
  Effect.forEach(Array.from({ length: kills }), () =>
    Effect.gen(function*() {
      const after = yield* Random.choice(["start", "ready", "ready", "post", "post"] as const)
      const millis = yield* Random.nextIntBetween(0, { start: 700, ready: 1500, post: 30 }[after])
      const moment: KillMoment = { after, millis }
      return moment
    }), { concurrency: 1 })

const isPost = /^(?:pulls\/create-review|pulls\/create-reply|issues\/create-comment)/

/** Nobody waits longer than this for something to be posted. */
const patience = "4 seconds"

const come = Effect.fnUntraced(function*({ emulator }: Journey, url: string, { after, millis }: KillMoment) {
  if (after !== "start") yield* eventually("serve to be ready", isReady(url))
  if (after === "post") {
    const posted = emulator.journal.pipe(
      Stream.filter(({ operation, status }) => isPost.test(operation) && status < 300 && status > 0),
      Stream.runHead
    )
    yield* Effect.timeoutOption(posted, patience)
  }
  yield* Effect.sleep(millis)
})

/** Starts `serve` and kills it, and nothing but it, without a warning. Answers with the time of its death. */
const life = Effect.fnUntraced(function*(journey: Journey, port: number, moment: KillMoment) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const child = yield* spawner.spawn(
    ChildProcess.make(process.execPath, startOf(["serve", "--no-doctor"], journey.environment), {
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        ...compileCache,
        ...journey.environment,
        WEBHOOK_HOST: "127.0.0.1",
        WEBHOOK_PORT: String(port)
      },
      stdin: "ignore"
    })
  )
  const log: Array<string> = []
  const reading = Stream.runForEach(
    Stream.splitLines(Stream.decodeText(child.all)),
    (line) => Effect.sync(() => log.push(line))
  )
  yield* Effect.forkScoped(reading)
  const ended = Effect.exit(child.exitCode)
  const crashed = Effect.flatMap(ended, () => Effect.die(`serve ended by itself:\n${log.slice(-20).join("\n")}`))
  yield* Effect.raceFirst(come(journey, `http://127.0.0.1:${port}`, moment), crashed)
  const at = now()
  process.kill(child.pid, "SIGKILL")
  yield* ended
  return at
}, Effect.scoped)

/** The last life, which is left alone until nothing is left to do. */
const finish = Effect.fnUntraced(function*(journey: Journey, port: number, traffic: Traffic.Traffic) {
  const serve = yield* ServeProcess.start({ port, env: journey.environment, patience: "60 seconds" })
  const look = Effect.gen(function*() {
    yield* traffic.topUp(0)
    const answer = yield* Effect.promise(() => fetch(`${serve.url}/ready`).then((response) => response.text()))
    return traffic.unheard() === 0 && isEmpty(answer) ? Option.some(answer) : Option.none()
  })
  yield* eventually("an empty queue", look, "150 seconds")
})

/** True if nothing waits or runs. What five kills have met was given up, with a notice. */
const isEmpty = (readiness: string) => readiness.startsWith("{\"status\":\"ready\",\"waiting\":0,\"running\":0,")

it.live("kills at any moment lose no accepted delivery, double no review, and let no two reviews of a pull request run at once", () =>
  Effect.gen(function*() {
    const seed = yield* Config.String("KILL_SEED").pipe(Config.withDefault(String(now())))
    const kills = yield* sized(5, 50)
    const journey = yield* make({
      env: { JOBS_MAX_CONCURRENT: "4" },
      emulator: { checkAnswers: false }
    })
    const port = yield* freePort
    const traffic = yield* Traffic.make(journey, `http://127.0.0.1:${port}/webhooks/github`)
    const happening = traffic.topUp(inProgress).pipe(
      Effect.andThen(Effect.sleep("50 millis")),
      Effect.forever,
      Random.withSeed(`${seed} traffic`)
    )
    const lives = Effect.forEach(
      yield* Random.withSeed(moments(kills), seed),
      (moment) => life(journey, port, moment),
      { concurrency: 1 }
    )
    const killed = yield* Effect.raceFirst(lives, happening)
    yield* finish(journey, port, traffic)

    const verdict = yield* judge(journey, traffic.accepted, killed)
    yield* Console.log(
      `seed ${seed}: ${traffic.written()} deliveries, ${traffic.accepted.length} accepted, ${killed.length} kills, ` +
        `${killed.length + 1} starts; ${verdict.reviewed} reviewed, ${verdict.superseded} superseded, ` +
        `${verdict.skipped} skipped, ${verdict.found} found posted; ${verdict.lost.length} lost, ${verdict.doubled.length} doubled`
    )
    assert.strictEqual(traffic.accepted.length, traffic.written())
    assert.isAtLeast(traffic.accepted.length, inProgress)
    assert.deepStrictEqual([verdict.lost, verdict.doubled, verdict.together], [[], [], []])
    yield* journey.checkHonesty
  }).pipe(Effect.provide(NodeServices.layer)))
