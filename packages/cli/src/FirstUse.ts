import * as Sqlite from "@nominal-code/persistence/Sqlite"
import * as GitWorkspace from "@nominal-code/workspace/GitWorkspace"
import { Workspace, type WorkspaceOptions } from "@nominal-code/workspace/Workspace"
import { Context, Effect, Layer, type Scope, Semaphore } from "effect"

/**
 * True for a process that may end before it needs its database or a checkout, as the job of a closed pull request does.
 * They are made at their first use then, and who asks for them is told if they cannot be.
 */
export const MakesAtFirstUse = Context.Reference<boolean>("@nominal-code/cli/MakesAtFirstUse", {
  defaultValue: () => false
})

/** A service that is made when it is first asked for, until the scope closes. A failure is not kept. */
const atFirstUse = <I, S, E, R>(service: Context.Key<I, S>, layer: Layer.Layer<I, E, R>) =>
  Effect.map(Effect.context<R | Scope.Scope>(), (context) => {
    const turn = Semaphore.makeUnsafe(1)
    let made: S | undefined
    const make = Effect.map(
      Effect.provide(Layer.build(layer), context),
      (built) => made = Context.get(built, service)
    )
    return turn.withPermits(1)(Effect.suspend(() => made === undefined ? make : Effect.succeed(made)))
  })

/** The database of a directory. */
export const sqlite = (directory: string) =>
  Layer.effect(
    Sqlite.Sqlite,
    Effect.map(atFirstUse(Sqlite.Sqlite, Sqlite.layer(directory)), (database) =>
      Sqlite.Sqlite.of({
        directory,
        transaction: (operation, body) => Effect.flatMap(database, (it) => it.transaction(operation, body)),
        unsynced: (operation, body) => Effect.flatMap(database, (it) => it.unsynced(operation, body)),
        synced: Effect.flatMap(database, (it) => it.synced),
        read: (operation, body) => Effect.flatMap(database, (it) => it.read(operation, body)),
        inPlace: Effect.flatMap(database, (it) => it.inPlace)
      }))
  )

/** Checkouts of a forge's repositories. */
export const workspace = (options: WorkspaceOptions) =>
  Layer.effect(
    Workspace,
    Effect.map(atFirstUse(Workspace, GitWorkspace.layer(options)), (workspace) =>
      Workspace.of({ checkout: (request) => Effect.flatMap(workspace, (it) => it.checkout(request)) }))
  )
