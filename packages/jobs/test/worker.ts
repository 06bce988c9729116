/* A process of its own: offers two jobs, takes the first under a lease, says so and keeps it until it is killed. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { Console, Effect, Option } from "effect"
import { queueAt } from "./TestStore.ts"

const [, , directory = ""] = process.argv

NodeRuntime.runMain(
  Effect.gen(function*() {
    const { offer, take } = yield* JobQueue
    yield* offer(mention(laneOf(1), "a"))
    yield* offer(mention(laneOf(1), "b"))
    const lease = yield* take(laneOf(1))
    yield* Console.log(Option.match(lease, { onNone: () => "none", onSome: ({ epoch }) => String(epoch) }))
    return yield* Effect.never
  }).pipe(Effect.provide(queueAt(directory)))
)
