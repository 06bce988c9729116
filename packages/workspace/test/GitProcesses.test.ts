import { assert, layer } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { ConfigProvider, Effect, FileSystem, Layer } from "effect"
import { env } from "node:process"
import { Workspace } from "../src/Workspace.ts"
import * as Fixture from "./Fixture.ts"

layer(Fixture.services, { excludeTestServices: true })("A review", (it) => {
  it.effect("starts three git commands, the first one too, however many files it reads and searches", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { baseDir, directory, pull, repository, request: make } = yield* Fixture.make
      const names = Array.from({ length: 20 }, (_, index) => `src/${index}.ts`)
      const first = pull({ "README.md": "" }, Object.fromEntries(names.map((name) => [name, "one\n"])))
      const notes = `${directory}/notes`
      yield* fs.makeDirectory(`${directory}/bin`)
      yield* fs.writeFileString(
        `${directory}/bin/git`,
        [
          "#!/bin/sh",
          "value=",
          "for word in \"$@\"; do",
          "  if [ -n \"$value\" ]; then value=; elif [ \"$word\" = -c ]; then value=1",
          `  elif [ "\${word#-}" = "$word" ]; then echo "$word" >> '${notes}'; break; fi`,
          "done",
          `PATH='${env["PATH"]}' exec git "$@"`
        ].join("\n"),
        { mode: 0o755 }
      )
      const review = (request: typeof first) =>
        Effect.scoped(Effect.gen(function*() {
          yield* fs.writeFileString(notes, "")
          const checkout = yield* (yield* Workspace).checkout(request)
          yield* checkout.commits
          yield* checkout.baseFile(RepoPath.make(".nominal/guidelines.md"))
          for (const name of names) {
            yield* checkout.lines("RIGHT", RepoPath.make(name))
            yield* checkout.lines("LEFT", RepoPath.make(name))
            yield* Fixture.use(checkout, "Read", { file_path: name })
          }
          for (const side of ["LEFT", "RIGHT"] as const) {
            const paths = yield* checkout.paths(side)
            assert.include(paths, RepoPath.make("README.md"))
            assert.strictEqual(yield* checkout.paths(side), paths, "listed once")
          }
          assert.isNotEmpty(yield* checkout.words(["one"]))
          assert.include(yield* Fixture.use(checkout, "Grep", { pattern: "o.e", include: "*.ts" }), "src/1.ts:1:one")
          assert.include(yield* Fixture.use(checkout, "Glob", { pattern: "src/*" }), "src/1.ts")
          return (yield* fs.readFileString(notes)).trim().split("\n")
        }))
      const counting = ConfigProvider.layer(ConfigProvider.fromUnknown({ PATH: `${directory}/bin:/usr/bin:/bin` }))
      const commands = ["fetch", "cat-file", "grep"]
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* review(first), commands)
        const head = repository.commit("second", { "src/0.ts": "two\n" })
        repository.push(head, "refs/pull/7/head")
        assert.deepStrictEqual(yield* review(make(head, first.baseSha)), commands)
      }).pipe(Effect.provide(Layer.provideMerge(Fixture.workspaceIn(baseDir), counting)))
    }))
})
