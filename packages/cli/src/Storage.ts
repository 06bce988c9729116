import { AppConfig } from "@nominal-code/config/AppConfig"
import * as MemoryQueue from "@nominal-code/jobs/MemoryQueue"
import * as SqliteQueue from "@nominal-code/jobs/SqliteQueue"
import * as ConversationStoreMemory from "@nominal-code/persistence/ConversationStoreMemory"
import * as ConversationStoreSqlite from "@nominal-code/persistence/ConversationStoreSqlite"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { Effect, Layer } from "effect"

const inMemory = Effect.map(AppConfig, ({ storage }) => storage === "memory")

/** What was said in earlier reviews of a pull request, where `storage` says that it is kept. */
export const conversations = Layer.unwrap(Effect.map(inMemory, (memory) =>
  memory
    ? ConversationStoreMemory.layer
    : ConversationStoreSqlite.layer.pipe(Layer.provide(Sqlite.layer))))

/** The conversations and the queue. */
export const layer = Layer.unwrap(Effect.map(inMemory, (memory) =>
  memory
    ? Layer.merge(MemoryQueue.layer, ConversationStoreMemory.layer)
    : Layer.merge(SqliteQueue.layer, ConversationStoreSqlite.layer).pipe(Layer.provide(Sqlite.layer))))
