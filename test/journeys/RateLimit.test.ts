import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { failureText } from "@nominal-code/domain/job/Failure"
import { now } from "@nominal-code/testing/GitHubState"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Duration, Effect, Option } from "effect"
import * as Journey from "./Journey.ts"
import { finding, open } from "./Shop.ts"

const opened = { event: "pull_request", action: "opened" } as const

/** Git answers 403 without a reason, and the API that the hour's requests are used up for so long. */
const limit = ({ emulator: { faults } }: Journey.Journey, repository: string, lasting: Duration.Input) => {
  const resetAt = Math.ceil((now() + Duration.toMillis(Duration.fromInputUnsafe(lasting))) / 1000)
  faults.next({ path: new RegExp(`/${repository}\\.git/`), times: 100 }, { _tag: "Answer", status: 403 })
  faults.next({ method: "GET", path: new RegExp(`/repos/${repository}/commits$`) }, {
    _tag: "Answer",
    status: 403,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(resetAt) },
    message: "API rate limit exceeded for user ID 1000."
  })
}

it.live("git's 403 under a used-up limit uses no attempt: the API says how long to wait, and then there is one review", () =>
  Effect.gen(function*() {
    const journey = yield* Journey.make({})
    const serve = yield* journey.start()
    const begin = Effect.fnUntraced(function*(name: string, lasting: Duration.Input) {
      const pull = yield* open(journey, name)
      journey.script(pull, turns({ calls: [submitReview("Fine.", [finding("src/total.ts", "Cents are lost.")])] }))
      limit(journey, pull.repository.fullName, lasting)
      const job = yield* journey.send({ ...opened, pull }, serve)
      const { failure, service, until } = yield* journey.waits(job)
      assert.strictEqual(service, "forge:github")
      const { attempts, state } = Option.getOrThrow(yield* journey.queue.find(job))
      assert.deepStrictEqual({ attempts, state }, { attempts: 0, state: "waiting" })
      assert.deepStrictEqual(journey.written(pull), [])
      return { failure, job, pull, until }
    })

    const short = yield* begin("short", "2 seconds")
    journey.emulator.faults.clear()
    const { attempts, state } = yield* journey.ended(short.job)
    assert.deepStrictEqual({ attempts, state }, { attempts: 1, state: "done" })
    assert.strictEqual(journey.emulator.state.reviews.filter(({ pull }) => pull === short.pull).length, 1)

    const before = now()
    const long = yield* begin("long", "1 hour")
    assert.match(failureText(long.failure), /^forge: the forge asks to wait .* \(GitHub\.checkAccess acme\/long\)/)
    assert.isAtLeast(long.until, before + Duration.toMillis("59 minutes"))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
