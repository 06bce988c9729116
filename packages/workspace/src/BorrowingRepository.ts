import { Effect, FileSystem, Path } from "effect"
import * as TemporaryDirectory from "./TemporaryDirectory.ts"

/** Objects that a repository borrows, and its first files by their paths below `.git`. */
export interface BorrowingOptions {
  /** The other repository's directory of objects. */
  readonly objects: string
  /** Beginning of the directory's name. */
  readonly prefix: string
  readonly files: Readonly<Record<string, string>>
}

/**
 * Makes a temporary directory whose `.git` reads the objects of another repository and keeps new ones to itself. No
 * process is started.
 */
export const make = Effect.fn("BorrowingRepository.make")(function*({ files, objects, prefix }: BorrowingOptions) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const repository = yield* TemporaryDirectory.make(prefix)
  // git takes a directory for a repository by these two and HEAD.
  for (const directory of ["refs/heads", "objects/info"]) {
    yield* fs.makeDirectory(path.join(repository, ".git", directory), { recursive: true })
  }
  const all = { HEAD: "ref: refs/heads/head\n", "objects/info/alternates": `${objects}\n`, ...files }
  for (const [name, text] of Object.entries(all)) {
    yield* fs.writeFileString(path.join(repository, ".git", name), text)
  }
  return repository
})
