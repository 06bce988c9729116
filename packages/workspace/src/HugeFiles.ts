import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { RepoPath, type Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Schema } from "effect"
import { Git, MAX_PIECE_MEBIBYTES } from "./Git.ts"

const isRepoPath = Schema.is(RepoPath)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** The statuses of `git diff-tree` in a forge's words. A file that became something else is a changed one. */
const statuses: ReadonlyMap<string, ChangedFile["status"]> = new Map([["A", "added"], ["D", "removed"], [
  "T",
  "changed"
]])

const entry = /:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*\0([^\0]+)\0/g

/** The changed files that are larger than any piece of memory that git may take, on one of the two sides. */
export const hugeFiles = Effect.fn("HugeFiles.hugeFiles")(function*(gitDir: string, from: Sha, to: Sha) {
  const git = yield* Git
  const listed = yield* git.run(["diff-tree", "-r", "-z", "--no-renames", from, to, "--"], { gitDir })
  const changes = Array.from(
    decode(listed.stdout).matchAll(entry),
    ([, old = "", now = "", letter = "", path = ""]) => (
      { objects: [old, now], status: statuses.get(letter) ?? "modified", path }
    )
  )
  const stdin = changes.flatMap(({ objects }) => objects).join("\n")
  const sized = yield* git.run(["cat-file", "--batch-check=%(objectname) %(objectsize)"], { gitDir, stdin })
  const huge = new Set(
    Array.from(decode(sized.stdout).matchAll(/^(\w+) (\d+)$/gm))
      .flatMap(([, object, bytes]) => Number(bytes) >= MAX_PIECE_MEBIBYTES * 1024 * 1024 ? [object] : [])
  )
  return changes.flatMap(({ objects, path, status }) =>
    isRepoPath(path) && objects.some((object) => huge.has(object)) ? [new ChangedFile({ path, status })] : []
  )
})
