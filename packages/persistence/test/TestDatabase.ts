import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { Effect, FileSystem, Layer } from "effect"

/** A directory that is removed with the scope. */
export const temporaryDirectory = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped()).pipe(
  Effect.orDie,
  Effect.provide(NodeFileSystem.layer)
)

/** The database of a directory. */
export const databaseAt = (directory: string) =>
  Sqlite.layer(directory).pipe(Layer.provideMerge([NodeFileSystem.layer, NodePath.layer]))

/** A database that is nobody else's. */
export const freshDatabase = Layer.unwrap(Effect.map(temporaryDirectory, databaseAt))
