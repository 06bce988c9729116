import { Effect, FileSystem, Option } from "effect"
import process from "node:process"
import { WorkspaceError } from "./Workspace.ts"

/** Bits of a mode that let a directory's group or everybody write. */
const WRITABLE_BY_OTHERS = 0o022

const refused = (directory: string, why: string) =>
  new WorkspaceError({
    message:
      `The workspace directory ${directory} is refused: ${why}. git would act on what somebody has prepared there. ` +
      "Remove it, or set workspace.base_dir (WORKSPACE_BASE_DIR) to a directory that does not exist yet.",
    reason: "directory"
  })

/**
 * Checks that nobody else can have prepared a directory or can change it: it is no link, it is of the user that this
 * process runs as, and neither its group nor everybody may write to it.
 */
export const check = Effect.fn("PrivateDirectory.check")(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  if (Option.isSome(yield* Effect.option(fs.readLink(directory)))) return yield* refused(directory, "it is a link")
  const { mode, uid } = yield* fs.stat(directory)
  const self = process.getuid?.()
  // Windows has neither users by number nor such modes.
  if (self === undefined) return
  const owner = Option.getOrElse(uid, () => self)
  if (owner !== self) return yield* refused(directory, `it is of the user ${owner}, and this process runs as ${self}`)
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    return yield* refused(directory, `others may write to it (mode ${(mode & 0o777).toString(8)})`)
  }
})

/** Makes a directory that only this process's user may enter. One that is there already is checked. */
export const make = Effect.fn("PrivateDirectory.make")(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
  yield* check(directory)
})
