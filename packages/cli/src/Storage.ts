import { AppConfig } from "@nominal-code/config/AppConfig"
import * as MemoryQueue from "@nominal-code/jobs/MemoryQueue"
import * as SqliteQueue from "@nominal-code/jobs/SqliteQueue"
import * as ConversationStoreMemory from "@nominal-code/persistence/ConversationStoreMemory"
import * as ConversationStoreSqlite from "@nominal-code/persistence/ConversationStoreSqlite"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { Effect, Layer } from "effect"

const whereverStorageSays = <A, E, R, A2, E2, R2>(memory: Layer.Layer<A, E, R>, sqlite: Layer.Layer<A2, E2, R2>) =>
  Layer.unwrap(Effect.map(AppConfig, ({ storage }) => storage === "memory" ? memory : sqlite))

/** What was said in earlier reviews of a pull request. */
export const conversations = whereverStorageSays(
  ConversationStoreMemory.layer,
  ConversationStoreSqlite.layer.pipe(Layer.provide(Sqlite.layer))
)

/** The queue, and the conversations. */
export const layer = whereverStorageSays(
  Layer.merge(MemoryQueue.layer, ConversationStoreMemory.layer),
  Layer.merge(SqliteQueue.layer, ConversationStoreSqlite.layer).pipe(Layer.provide(Sqlite.layer))
)
