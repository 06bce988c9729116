import * as SpendSqlite from "@nominal-code/persistence/SpendSqlite"
import { Effect, Layer } from "effect"
import { spendDaysSuite, spendSuite } from "./spendSuite.ts"
import { freshDatabase } from "./TestDatabase.ts"

const store = Layer.unwrap(
  Effect.sync(() => SpendSqlite.layer.pipe(Layer.provide(Layer.fresh(freshDatabase))))
)

spendSuite("SQLite", store)
spendDaysSuite("SQLite", store)
