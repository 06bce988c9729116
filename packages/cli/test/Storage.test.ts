import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId, Job, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import { Lane } from "@nominal-code/domain/job/Lane"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { layerTest, testConfig } from "@nominal-code/testing/TestConfig"
import { Effect, Layer, Option, Schema } from "effect"
import * as Storage from "../src/Storage.ts"

const lane = Schema.decodeSync(Lane)({
  namespace: "",
  platform: "github",
  repo: "acme/shop",
  number: 7,
  bot: "nominal"
})

const push = (head: string) => {
  const delivery = DeliveryId.make(`push ${head}`)
  return new Job({
    id: jobIdOfDelivery("github", delivery),
    lane,
    event: Schema.decodeSync(PullRequestEvent)({
      _tag: "Lifecycle",
      kind: "pr_push",
      pullRequest: { platform: "github", repo: "acme/shop", number: 7 },
      title: "Add a cart",
      author: "alice",
      headSha: head.repeat(40),
      headBranch: "cart",
      baseBranch: "main"
    }),
    prompt: "",
    delivery,
    receivedAt: 0
  })
}

it.effect.each([["finish", "kept"], ["supersede", "superseded"]] as const)(
  "reviewer.on_push %s: a running review is %s when a push comes",
  ([onPush, expected]) =>
    Effect.gen(function*() {
      const queue = yield* JobQueue
      yield* queue.offer(push("a"))
      const lease = Option.getOrThrow(yield* queue.take(lane))
      yield* queue.offer(push("b"))
      assert.strictEqual(yield* queue.renew(lease), expected)
    }).pipe(
      Effect.provide(
        Storage.queue.pipe(
          Layer.provide([
            layerTest({ storage: "memory", reviewer: { ...testConfig().reviewer, onPush } }),
            NodeServices.layer
          ])
        )
      )
    )
)
