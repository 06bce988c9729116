import { JobQueue } from "@nominal-code/jobs/JobQueue"
import * as MemoryQueue from "@nominal-code/jobs/MemoryQueue"
import { Context, Effect, Layer, Option } from "effect"
import { interleavingsSuite } from "./interleavingsSuite.ts"
import { queueSuite } from "./queueSuite.ts"

queueSuite("memory", MemoryQueue.layer)

// A memory queue has one process, and does not survive it.
interleavingsSuite(
  "memory",
  10_000,
  Effect.map(Layer.build(MemoryQueue.layer), (context) => {
    const queue = Context.get(context, JobQueue)
    return [{ queue: () => queue, crash: Option.none() }]
  })
)
