import { assert, it } from "@effect/vitest"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import { quiet } from "@nominal-code/testing/Quiet"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { DatabaseSync } from "node:sqlite"
import { queueAt, quickDirectory } from "./TestStore.ts"

it.effect("pushes that come while another process holds the file, and then, are stored in their order", () =>
  Effect.gen(function*() {
    const directory = yield* quickDirectory
    const { list, offer, offerAll } = storeIn(yield* Layer.build(queueAt(directory)))
    const file = `${directory}/${Sqlite.fileName}`
    const other = yield* Effect.acquireRelease(
      Effect.sync(() => new DatabaseSync(file)),
      (db) => Effect.sync(() => db.close())
    )
    for (let lane = 1; lane <= 10; lane++) {
      const offering = (name: string) =>
        Effect.forkChild(
          name === "older" ? offerAll([push(laneOf(lane), name)]) : offer(push(laneOf(lane), name))
        )
      other.exec("BEGIN IMMEDIATE")
      const waiting = yield* Effect.forEach(
        ["oldest", "older", "old"],
        (name) => Effect.tap(offering(name), () => TestClock.adjust("20 millis"))
      )
      yield* TestClock.adjust(200 + lane * 50)
      other.exec("COMMIT")
      const offers = [...waiting, yield* offering("newest")]
      const all = yield* Effect.forkChild(Fiber.awaitAll(offers))
      yield* Effect.repeat(Effect.andThen(TestClock.adjust("20 millis"), quiet), {
        until: () => all.pollUnsafe() !== undefined
      })
      const [last] = yield* list({ limit: 1, state: "waiting" })
      assert.deepStrictEqual([last?.delivery, last?.stoodFor.length], ["newest", 3])
      const old = yield* list({ limit: 3, state: "superseded" })
      assert.deepStrictEqual(old.map(({ delivery }) => delivery), ["old", "older", "oldest"])
    }
  }))
