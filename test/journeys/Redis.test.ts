import { assert, it } from "@effect/vitest"
import type { JobId } from "@nominal-code/domain/job/Job"
import { redisSuite, replicaOf, replicates, start } from "@nominal-code/testing/RedisServer"
import { submitReview } from "@nominal-code/testing/ScriptedModel"
import { Effect, Option, Redacted } from "effect"
import * as Journey from "./Journey.ts"
import { finding, open } from "./Shop.ts"

const opened = { event: "pull_request", action: "opened" } as const
const review = { calls: [submitReview("Looked at.", [finding("src/total.ts", "Cents are lost.")])] }

const readiness = (url: string) => Effect.promise(() => fetch(`${url}/ready`).then(({ status }) => status))

const readyWith = (url: string, status: number) =>
  Journey.eventually(
    `/ready to be answered ${status}`,
    Effect.map(readiness(url), Option.liftPredicate((answer) => answer === status)),
    "15 seconds"
  )

const secret = "a-password-that-nobody-may-see"

/** A journey whose queue and conversations are in a Redis of its own, and whose reviews run in the servers. */
const make = Effect.fnUntraced(function*(env: Readonly<Record<string, string>> = {}, password = secret) {
  const redis = yield* start(password === "" ? {} : { password })
  const url = Redacted.value(redis.url)
  const journey = yield* Journey.make({ env: { JOBS_MAX_CONCURRENT: "1", REDIS_URL: url, ...env } })
  const reviewed = (count: number) =>
    Journey.until(`${count} review(s)`, () => journey.emulator.state.reviews.length >= count)
  return { journey, redis, reviewed }
})

redisSuite("servers with a Redis", () => {
  it.live(
    "share the work, and what one accepts the other reviews",
    () =>
      Effect.gen(function*() {
        const { journey, reviewed } = yield* make()
        const [here, there] = yield* Effect.all([journey.start(), journey.start()], { concurrency: 2 })
        const slow = Journey.stalled(review)
        const pulls = yield* Effect.forEach(["one", "two", "three", "four"], (name) => open(journey, name), {
          concurrency: 1
        })
        for (const pull of pulls) journey.script(pull, slow.script)
        for (const pull of pulls) yield* journey.send({ ...opened, pull }, here)
        const begun = ({ log }: { readonly log: ReadonlyArray<string> }) =>
          log.filter((line) => line.includes("attempt 1 starts"))
        yield* Journey.until("both to work", () => begun(here).length === 1 && begun(there).length === 1)
        yield* slow.release
        yield* reviewed(4)
        const numbers = journey.emulator.state.reviews.map(({ pull }) => Journey.nameOf(pull))
        assert.sameMembers(numbers, pulls.map(Journey.nameOf))
        yield* journey.checkHonesty
        for (const { log } of [here, there]) assert.notInclude(log.join("\n"), secret)
      })
  )

  it.live(
    "refuse deliveries while it is away, are ready again by themselves, and lose nothing",
    () =>
      Effect.gen(function*() {
        const { journey, redis, reviewed } = yield* make()
        const serve = yield* journey.start()
        const slow = Journey.stalled(review)
        const [running, waiting, refused] = [
          yield* open(journey, "running"),
          yield* open(journey, "waiting"),
          yield* open(journey, "refused")
        ]
        journey.script(running, slow.script)
        for (const pull of [waiting, refused]) journey.script(pull, () => review)
        yield* journey.send({ ...opened, pull: running }, serve)
        yield* slow.asked
        yield* journey.send({ ...opened, pull: waiting }, serve)

        yield* redis.kill
        yield* readyWith(serve.url, 503)
        const answer = yield* journey.deliver({ ...opened, pull: refused }, serve, "refused-once")
        assert.strictEqual(answer.status, 503, answer.body)
        yield* slow.release

        yield* redis.start
        yield* readyWith(serve.url, 200)
        const again = yield* journey.deliver({ ...opened, pull: refused }, serve, "refused-once")
        assert.strictEqual(again.status, 202, again.body)
        yield* reviewed(3)
        for (const pull of [running, waiting, refused]) {
          assert.strictEqual(journey.emulator.state.reviews.filter((one) => one.pull === pull).length, 1)
        }
        const outage = serve.log.filter((line) =>
          line.includes("the connection was lost") || line.includes("ECONNREFUSED")
        )
        assert.isNotEmpty(outage)
        // A line tells what is away, and not where in the program it was noticed.
        for (const line of outage) assert.notMatch(line, /\bat \S+ ?\(|\.[jt]s:\d+/)
        yield* journey.checkHonesty
      })
  )

  it.live(
    "continue on one what was said on another",
    () =>
      Effect.gen(function*() {
        const { journey } = yield* make()
        const pull = yield* open(journey, "talk")
        journey.script(pull, () => review)
        const first = yield* journey.start()
        const answered = (job: JobId) => Journey.until("the answer", () => journey.emulator.jobs(pull).has(job))
        yield* answered(yield* journey.send({ ...opened, pull }, first))
        yield* first.stop("SIGTERM")
        const second = yield* journey.start()
        const comment = yield* journey.emulator.comment(pull, "mara", `@${Journey.bot} review`)
        yield* answered(yield* journey.send({ event: "issue_comment", action: "created", comment }, second))
        assert.include(journey.asked(pull).at(-1), "Cents are lost.")
      })
  )

  it.live(
    "with redis.wait_replicas, take a delivery when a replica has it, and answer 503 while none is there",
    () =>
      Effect.gen(function*() {
        const { journey, redis, reviewed } = yield* make({ REDIS_WAIT_REPLICAS: "1" }, "")
        const replica = yield* replicaOf(redis)
        const serve = yield* journey.start()
        const slow = Journey.stalled(review)
        const [kept, refused] = [yield* open(journey, "kept"), yield* open(journey, "refused")]
        journey.script(kept, slow.script)
        journey.script(refused, () => review)
        const job = yield* journey.send({ ...opened, pull: kept }, serve)
        assert.strictEqual(yield* replica.command("exists", `{nc:0}:job:${job}`), 1)

        yield* replica.kill
        const answer = yield* journey.deliver({ ...opened, pull: refused }, serve, "refused-once")
        assert.strictEqual(answer.status, 503, answer.body)
        yield* replica.start
        yield* replicates(replica)
        const again = yield* journey.deliver({ ...opened, pull: refused }, serve, "refused-once")
        assert.strictEqual(again.status, 200, again.body)
        assert.include(again.body, "duplicate")
        yield* slow.release
        yield* reviewed(2)
        assert.sameMembers(journey.emulator.state.reviews.map(({ pull }) => pull), [kept, refused])
        yield* journey.checkHonesty
      })
  )
})
