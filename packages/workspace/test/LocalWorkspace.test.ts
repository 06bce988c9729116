import { assert, layer } from "@effect/vitest"
import { RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option } from "effect"
import * as LocalWorkspace from "../src/LocalWorkspace.ts"
import { Workspace } from "../src/Workspace.ts"
import { make, options, services } from "./Fixture.ts"

layer(services)("LocalWorkspace", (it) => {
  it.effect("reads a commit of a repository on this disk", () =>
    Effect.gen(function*() {
      const { baseDir, directory, pull } = yield* make
      const request = pull({ "a.txt": "one\n" }, { "a.txt": "one\ntwo\n" })
      const local = LocalWorkspace.layer(`${directory}/work`, options(baseDir))
      yield* Effect.gen(function*() {
        const checkout = yield* (yield* Workspace).checkout(request)
        const [file] = yield* checkout.changedFiles
        assert.strictEqual(file?.path, "a.txt")
        assert.include(file?.patch ?? "", "+two")
        assert.deepStrictEqual(yield* checkout.baseFile(RepoPath.make("a.txt")), Option.some("one\n"))
      }).pipe(Effect.provide(local))
    }))

  it.effect("says which commit is missing", () =>
    Effect.gen(function*() {
      const { baseDir, directory, pull } = yield* make
      const request = { ...pull({ "a.txt": "one\n" }, { "a.txt": "two\n" }), headSha: Sha.make("0".repeat(40)) }
      const local = LocalWorkspace.layer(`${directory}/work`, options(baseDir))
      const error = yield* Workspace.use((workspace) => workspace.checkout(request)).pipe(
        Effect.flip,
        Effect.provide(local)
      )
      assert.match(error.message, /does not have the commit 0{40}: fetch it first/)
    }))
})
