import { assert, describe, it } from "@effect/vitest"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import { Context, Effect, Layer } from "effect"
import { databaseAt, queueAt, quickDirectory } from "./TestStore.ts"
import { unreadableSuite } from "./unreadableSuite.ts"

describe("a row of SQLite that cannot be read", () => {
  const opened = Effect.gen(function*() {
    const directory = yield* quickDirectory
    const sqlite = Context.get(yield* Effect.orDie(Layer.build(databaseAt(directory))), Sqlite.Sqlite)
    return {
      change: (sql: string) => Effect.orDie(sqlite.transaction("test", ({ run }) => run(sql))),
      open: Effect.map(Effect.orDie(Layer.build(queueAt(directory))), storeIn)
    }
  })

  unreadableSuite(Effect.map(opened, ({ change, open }) => {
    const setTask = (id: string, task: string) => change(`UPDATE jobs SET task = '${task}' WHERE id = '${id}'`)
    return {
      open,
      damage: ({ id }) => setTask(id, "newer"),
      damageKind: ({ id }) => change(`UPDATE jobs SET event = 'newer:1' WHERE id = '${id}'`),
      repair: ({ id }) => setTask(id, "review"),
      damageEnded: change("UPDATE ended_jobs SET kept = x'00'")
    }
  }))

  it.effect("a push that would wait beside a review which cannot be read is left to that, which reviews its commit", () =>
    Effect.gen(function*() {
      const { change, open } = yield* opened
      const [first, second] = [push(laneOf(1), "1"), push(laneOf(1), "2")]
      yield* (yield* open).offer(first)
      yield* change("UPDATE jobs SET stop = 'newer'")
      assert.deepInclude(yield* (yield* open).offer(second), { _tag: "Duplicate", jobId: first.id })
    }))
})
