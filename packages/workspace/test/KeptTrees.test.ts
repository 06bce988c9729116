import { assert, layer } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/PullRequest"
import { ConfigProvider, Effect, FileSystem, Layer } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { env } from "node:process"
import { Workspace } from "../src/Workspace.ts"
import * as Fixture from "./Fixture.ts"

layer(Fixture.services, { excludeTestServices: true })("KeptTrees", (it) => {
  it.effect("a later review writes the files that differ, and no other", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { baseDir, pull, repository, request: make } = yield* Fixture.make
      const same = Object.fromEntries(
        Array.from({ length: 200 }, (_, index) => [`src/${index % 7}/${index}.ts`, `export const n = ${index}\n`])
      )
      const first = pull(same, { "changed.ts": "one\n", "file": "a file\n", "gone/deep/x.ts": "gone\n", "both/a": "" })
      const head = repository.commit("second", {
        "changed.ts": "two\n",
        "file": null,
        "file/in/it.ts": "a directory\n",
        "gone/deep/x.ts": null,
        "both/a": null
      })
      repository.push(head, "refs/pull/7/head")
      const reviewed = (request: typeof first, wild: (directory: string) => Effect.Effect<void, PlatformError>) =>
        Effect.scoped(Effect.gen(function*() {
          const { directory } = yield* (yield* Workspace).checkout(request)
          const names = yield* fs.readDirectory(directory, { recursive: true })
          const files = yield* Effect.filter(
            names,
            (name) => Effect.map(fs.stat(`${directory}/${name}`), ({ type }) => type === "File")
          )
          const inodes = yield* Effect.forEach(
            files,
            (name) =>
              Effect.map(fs.stat(`${directory}/${name}`), ({ ino, mtime }) => [name, `${ino} ${mtime}`] as const)
          )
          const texts = yield* Effect.forEach(
            files,
            (name) => Effect.map(fs.readFileString(`${directory}/${name}`), (text) => [name, text] as const)
          )
          yield* wild(directory)
          return { inodes: new Map(inodes), texts: Object.fromEntries(texts) }
        }))
      yield* Effect.gen(function*() {
        const before = yield* reviewed(first, () => Effect.void)
        // A tool of somebody's own wrote into the tree.
        const after = yield* reviewed(make(head, first.baseSha), (directory) =>
          fs.makeDirectory(`${directory}/src/made/here`, { recursive: true }).pipe(
            Effect.andThen(fs.writeFileString(`${directory}/src/made/here/by.ts`, "a tool")),
            Effect.andThen(fs.writeFileString(`${directory}/src/0/0.ts`, "overwritten"))
          ))
        assert.deepStrictEqual(after.texts, { ...same, "changed.ts": "two\n", "file/in/it.ts": "a directory\n" })
        const written = [...after.inodes].filter(([name, inode]) =>
          before.inodes.get(name) !== inode
        )
        assert.deepStrictEqual(written.map(([name]) => name).sort(), ["changed.ts", "file/in/it.ts"])
        const again = yield* reviewed(first, () => Effect.void)
        assert.deepStrictEqual(again.texts, before.texts)
        assert.deepStrictEqual(yield* fs.readDirectory(`${baseDir}/jobs`), [])
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("a later review starts eight git commands, however many files it reads", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { baseDir, directory, pull, repository, request: make } = yield* Fixture.make
      const names = Array.from({ length: 20 }, (_, index) => `src/${index}.ts`)
      const first = pull({ "README.md": "" }, Object.fromEntries(names.map((name) => [name, "one\n"])))
      const notes = `${directory}/notes`
      yield* fs.makeDirectory(`${directory}/bin`)
      yield* fs.writeFileString(
        `${directory}/bin/git`,
        `#!/bin/sh\necho "$@" | grep -oE '(fetch|merge-base|ls-tree|read-tree|clean|checkout-index|log|cat-file) .*' >> ` +
          `'${notes}'\nPATH='${env["PATH"]}' exec git "$@"\n`,
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
          return (yield* fs.readFileString(notes)).trim().split("\n").map((line) => line.split(" ")[0])
        }))
      const counting = ConfigProvider.layer(ConfigProvider.fromUnknown({ PATH: `${directory}/bin:/usr/bin:/bin` }))
      yield* Effect.gen(function*() {
        yield* review(first)
        const head = repository.commit("second", { "src/0.ts": "two\n" })
        repository.push(head, "refs/pull/7/head")
        assert.deepStrictEqual(yield* review(make(head, first.baseSha)), [
          "fetch",
          "cat-file",
          "merge-base",
          "ls-tree",
          "read-tree",
          "clean",
          "checkout-index",
          "log"
        ])
      }).pipe(Effect.provide(Layer.provideMerge(Fixture.workspaceIn(baseDir), counting)))
    }))

  it.effect("a tree that git cannot bring to the commit is made anew", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { baseDir, pull } = yield* Fixture.make
      const request = pull({ "a.ts": "one\n" }, { "a.ts": "two\n" })
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        yield* Effect.scoped(workspace.checkout(request))
        const [repository] = yield* fs.readDirectory(`${baseDir}/trees`)
        for (const spoiled of ["index", "index.lock"]) {
          const [tree] = yield* fs.readDirectory(`${baseDir}/trees/${repository}`)
          yield* fs.writeFileString(`${baseDir}/trees/${repository}/${tree}/${spoiled}`, "no index")
          const checkout = workspace.checkout(request)
          const read = Effect.flatMap(checkout, (checkout) => Fixture.use(checkout, "Read", { file_path: "a.ts" }))
          assert.strictEqual(yield* Effect.scoped(read), "     1\ttwo")
        }
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))
})
