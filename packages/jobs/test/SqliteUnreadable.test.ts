import { describe } from "@effect/vitest"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import { Context, Effect, Layer } from "effect"
import { databaseAt, queueAt, quickDirectory } from "./TestStore.ts"
import { unreadableSuite } from "./unreadableSuite.ts"

describe("a row of SQLite that cannot be read", () => {
  unreadableSuite(Effect.gen(function*() {
    const directory = yield* quickDirectory
    const sqlite = Context.get(yield* Effect.orDie(Layer.build(databaseAt(directory))), Sqlite.Sqlite)
    const change = (sql: string) => Effect.orDie(sqlite.transaction("test", ({ run }) => run(sql)))
    const setTask = (id: string, task: string) => change(`UPDATE jobs SET task = '${task}' WHERE id = '${id}'`)
    return {
      open: Effect.map(Effect.orDie(Layer.build(queueAt(directory))), storeIn),
      damage: ({ id }) => setTask(id, "newer"),
      damageKind: ({ id }) => change(`UPDATE jobs SET event = 'newer:1' WHERE id = '${id}'`),
      repair: ({ id }) => setTask(id, "review"),
      damageEnded: change("UPDATE ended_jobs SET kept = x'00'")
    }
  }))
})
