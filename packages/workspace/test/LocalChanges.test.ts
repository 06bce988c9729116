import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem, PlatformError } from "effect"
import { spawnSync } from "node:child_process"
import * as Git from "../src/Git.ts"
import { resolveChanges } from "../src/LocalChanges.ts"

/** A repository in which a merge has left a conflict in `page.ts`. */
const conflicted = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "changes-" })
  const repository = `${directory}/work`
  const git = (...args: ReadonlyArray<string>) =>
    spawnSync("git", ["-C", repository, "-c", "user.name=a", "-c", "user.email=a@b", ...args], { encoding: "utf8" })
  const commit = (text: string) =>
    Effect.tap(fs.writeFileString(`${repository}/page.ts`, text), () =>
      Effect.sync(() => {
        git("add", ".")
        git("commit", "-qm", text)
      }))
  yield* fs.makeDirectory(repository)
  git("init", "-q", "-b", "main")
  yield* commit("one")
  git("checkout", "-qb", "feature")
  yield* commit("two")
  git("checkout", "-q", "main")
  yield* commit("three")
  assert.strictEqual(git("merge", "feature").status, 1)
  const changes = (head: string) =>
    Effect.provide(resolveChanges({ repository, base: "HEAD", head }), Git.layer({ baseDir: `${directory}/base` }))
  return { changes, git, repository }
})

it.live("what is staged is refused while a merge has conflicts, with what to do; what is on the disk is not", () =>
  Effect.gen(function*() {
    const { changes } = yield* conflicted
    assert.strictEqual(
      (yield* Effect.flip(changes("staged"))).message,
      "a merge has left conflicts in page.ts: resolve them and git add the files, or leave out --staged"
    )
    assert.strictEqual((yield* changes("worktree")).title, "Uncommitted changes")
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("what git cannot take of the disk is named, with what to do, and so is a lock that a killed git has left", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { changes, git, repository } = yield* conflicted
    spawnSync("git", ["init", "-q", `${repository}/vendored`])
    assert.match(
      (yield* Effect.flip(changes("worktree"))).message,
      /^git add exited with 128: 'vendored\/' does not have a commit checked out: leave it out by a line in \.gitignore, or/
    )
    git("reset", "-q", "--hard")
    yield* fs.writeFileString(`${repository}/.git/index.lock`, "")
    const { message, reason } = yield* Effect.flip(changes("staged"))
    assert.strictEqual(reason, "busy")
    assert.match(message, /index\.lock': File exists\. Another git command works there: try again .* remove that file$/)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("what is not committed needs a repository that can be written, and a range of commits does not", () =>
  Effect.gen(function*() {
    const { changes, repository } = yield* conflicted
    const denied = PlatformError.systemError({ _tag: "PermissionDenied", module: "FileSystem", method: "access" })
    yield* Effect.gen(function*() {
      assert.match(
        (yield* Effect.flip(changes("worktree"))).message,
        new RegExp(`^this user may not write to ${repository}/\\.git/objects, .*: review a range of commits, or`)
      )
      assert.strictEqual((yield* changes("feature")).title, "two")
    }).pipe(
      Effect.updateService(FileSystem.FileSystem, (fs) => ({ ...fs, access: () => Effect.fail(denied) }))
    )
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
