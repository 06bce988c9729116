import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import { Effect, Layer, Option } from "effect"
import { interleavingsSuite } from "./interleavingsSuite.ts"
import { queueSuite } from "./queueSuite.ts"

queueSuite("memory", MemoryQueue.layer)

// A memory queue has one process, and does not survive it.
interleavingsSuite(
  "memory",
  800,
  Effect.map(Layer.build(MemoryQueue.layer), (context) => {
    const queue = storeIn(context)
    return [{ queue: () => queue, crash: Option.none() }]
  })
)
