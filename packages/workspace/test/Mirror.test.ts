import { assert, layer } from "@effect/vitest"
import { RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, FileSystem, Option, Path } from "effect"
import { Workspace } from "../src/Workspace.ts"
import * as Fixture from "./Fixture.ts"

/** A workspace that has served one checkout, and whose mirror something has happened to since. */
const after = (
  happens: (mirror: string, mirrors: string) => Effect.Effect<void, unknown, FileSystem.FileSystem | Path.Path>
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { baseDir, pull, repository, request: make } = yield* Fixture.make
    const request = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
    yield* Effect.gen(function*() {
      const workspace = yield* Workspace
      yield* Effect.scoped(workspace.checkout(request))
      const mirrors = path.join(baseDir, "mirrors")
      const names = yield* fs.readDirectory(mirrors)
      assert.strictEqual(names.length, 1)
      yield* Effect.orDie(happens(path.join(mirrors, names[0] ?? ""), mirrors))
      const next = repository.commit("next", { "a.ts": "second\n" })
      repository.push(next, "refs/pull/7/head")
      const checkout = yield* workspace.checkout(make(next, request.baseSha))
      assert.strictEqual(yield* Fixture.use(checkout, "Read", { file_path: "a.ts" }), "     1\tsecond")
      assert.deepStrictEqual((yield* fs.readDirectory(mirrors)).filter((name) => name.endsWith(".git")), names)
    }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
  })

const fs = FileSystem.FileSystem

layer(Fixture.services, { excludeTestServices: true })("Mirror", (it) => {
  it.effect("goes on after a git that was killed while it held its locks", () =>
    after((mirror) =>
      fs.use(Effect.fnUntraced(function*(fs) {
        const refs = yield* fs.readDirectory(`${mirror}/refs/nominal`)
        assert.strictEqual(refs.length, 2)
        for (const name of refs) yield* fs.writeFileString(`${mirror}/refs/nominal/${name}.lock`, "")
        for (const name of ["shallow.lock", "config.lock", "packed-refs.lock", "HEAD.lock"]) {
          yield* fs.writeFileString(`${mirror}/${name}`, "")
        }
      }))
    ))

  it.effect("acts on nothing that somebody has prepared in it", () =>
    Effect.gen(function*() {
      const evil = yield* fs.use((fs) => fs.makeTempDirectoryScoped())
      const marker = `${evil}/ran`
      let used = ""
      yield* after((mirror) =>
        fs.use(Effect.fnUntraced(function*(fs) {
          used = mirror
          const config = [
            `[core]\n\tbare = true\n\tfsmonitor = touch ${marker}\n\tsshCommand = touch ${marker}`,
            `\talternateRefsCommand = touch ${marker}\n\tgitProxy = touch ${marker}\n\thooksPath = ${mirror}/hooks`,
            `[filter "evil"]\n\tsmudge = touch ${marker}\n\tclean = touch ${marker}\n\trequired = true`,
            `[diff "evil"]\n\ttextconv = touch ${marker}\n\tcommand = touch ${marker}`,
            "[http]\n\tproxy = http://127.0.0.1:1\n[url \"http://127.0.0.1:1/\"]\n\tinsteadOf = http://",
            `[gc]\n\tauto = 1\n[include]\n\tpath = ${evil}/config`
          ]
          yield* fs.writeFileString(`${mirror}/config`, `${config.join("\n")}\n`)
          yield* fs.writeFileString(`${mirror}/info/attributes`, "* filter=evil diff=evil\n")
          yield* fs.makeDirectory(`${mirror}/hooks`, { recursive: true })
          yield* fs.makeDirectory(`${mirror}/objects/info`, { recursive: true })
          yield* fs.writeFileString(`${mirror}/objects/info/alternates`, `${evil}/objects\n`)
          for (const hook of ["reference-transaction", "post-index-change", "post-checkout"]) {
            yield* fs.writeFileString(`${mirror}/hooks/${hook}`, `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 })
          }
        }))
      )
      assert.isFalse(yield* fs.use((fs) => fs.exists(marker)))
      for (const name of ["hooks", "objects/info/alternates"]) {
        assert.isFalse(yield* fs.use((fs) => fs.exists(`${used}/${name}`)), name)
      }
    }))

  it.effect("is made anew when it is a link, or others may write to it", () =>
    Effect.gen(function*() {
      yield* after((mirror) =>
        fs.use((fs) => Effect.andThen(fs.rename(mirror, `${mirror}.moved`), fs.symlink(`${mirror}.moved`, mirror)))
      )
      yield* after((mirror) => fs.use((fs) => fs.chmod(mirror, 0o777)))
    }))

  it.effect("is made anew when its files were cut short", () =>
    after((mirror) =>
      fs.use(Effect.fnUntraced(function*(fs) {
        const packs = yield* fs.readDirectory(`${mirror}/objects/pack`)
        assert.isAbove(packs.length, 1)
        for (const name of packs) {
          yield* fs.chmod(`${mirror}/objects/pack/${name}`, 0o644)
          yield* fs.truncate(`${mirror}/objects/pack/${name}`, 10)
        }
      }))
    ))

  it.effect("is made anew when only an empty directory of it is there", () =>
    after((mirror) => fs.use((fs) => Effect.andThen(fs.remove(mirror, { recursive: true }), fs.makeDirectory(mirror)))))

  it.effect("takes no notice of one that another process left half made", () =>
    after((_, mirrors) =>
      fs.use((fs) => fs.makeDirectory(`${mirrors}/.new-x/mirror.git/objects`, { recursive: true }))
    ))

  it.effect("is not kept when a file of a commit is missing from it: the next attempt fetches all anew", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { baseDir, pull, repository } = yield* Fixture.make
      const request = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        yield* Effect.scoped(workspace.checkout(request))
        const [name] = yield* fs.readDirectory(`${baseDir}/mirrors`)
        const objects = `${baseDir}/mirrors/${name}/objects`
        const files = (yield* fs.readDirectory(`${objects}/pack`)).filter((file) => file.endsWith(".pack"))
        const packs = yield* Effect.forEach(files, (file) => fs.readFile(`${objects}/pack/${file}`), { concurrency: 1 })
        yield* fs.remove(`${objects}/pack`, { recursive: true })
        for (const pack of packs) {
          repository.gitWith(pack, `--git-dir=${baseDir}/mirrors/${name}`, "unpack-objects", "-q")
        }
        const blob = repository.git("rev-parse", `${request.headSha}:a.ts`)
        yield* fs.remove(`${objects}/${blob.slice(0, 2)}/${blob.slice(2)}`)
        const lines = Effect.scoped(Effect.flatMap(
          workspace.checkout(request),
          (checkout) => checkout.lines("RIGHT", RepoPath.make("a.ts"))
        ))
        const error = yield* Effect.flip(lines)
        assert.isTrue(error.retryable, error.message)
        assert.deepStrictEqual(yield* lines, Option.some(["first"]))
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("is fetched without the server's references where the commits are known, and not at all where they are here", () =>
    Effect.gen(function*() {
      const { baseDir, pull, repository, request: make, server } = yield* Fixture.make
      const first = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        const posts = Effect.fnUntraced(function*(request: typeof first) {
          server.seen.length = 0
          const { headSha, mergeBase } = yield* workspace.checkout(request)
          return { headSha, mergeBase, posts: server.seen.filter(({ method }) => method === "POST").length }
        }, Effect.scoped)
        const { headSha, baseSha: base } = first
        assert.strictEqual((yield* posts(first)).posts, 2)
        const next = repository.commit("next", { "a.ts": "second\n" })
        repository.push(next, "refs/pull/7/head")
        const told = make(next, base, { baseTip: base })
        assert.deepStrictEqual(yield* posts(told), { headSha: next, mergeBase: base, posts: 1 })
        assert.deepStrictEqual(yield* posts(told), { headSha: next, mergeBase: base, posts: 0 })
        // Both are fetched by their names where the server does not have one of the commits.
        const nowhere = Sha.make("0123456789".repeat(4))
        const both = yield* posts(make(headSha, base, { baseTip: nowhere }))
        assert.deepStrictEqual([both.headSha, both.mergeBase], [headSha, base])
        // The branch has gone on since: the tip that was told decides.
        repository.push(next, "refs/heads/main")
        const old = yield* posts(make(next, base, { baseTip: base }))
        assert.deepStrictEqual(old, { headSha: next, mergeBase: base, posts: 0 })
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("reaches far back by the commits that are known, also where the base branch is gone by then", () =>
    Effect.gen(function*() {
      const { baseDir, pull, repository, request: make } = yield* Fixture.make
      const { baseSha, headSha } = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      let head: string = headSha
      for (let number = 0; number < 510; number++) {
        head = repository.git("commit-tree", "-p", head, "-m", `${number}`, `${head}^{tree}`)
      }
      repository.push(head, "refs/pull/7/head")
      repository.git(`--git-dir=${repository.bare}`, "update-ref", "-d", "refs/heads/main")
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        const { headSha, mergeBase } = yield* workspace.checkout(make(Sha.make(head), baseSha, { baseTip: baseSha }))
        assert.deepStrictEqual([headSha, mergeBase], [head, baseSha])
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("is shared by two processes that start at once", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { baseDir, pull } = yield* Fixture.make
      const request = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      const serve = Effect.scoped(Effect.flatMap(Workspace, (workspace) => workspace.checkout(request))).pipe(
        Effect.provide(Fixture.workspaceIn(baseDir), { local: true })
      )
      yield* Effect.all([serve, serve, serve], { concurrency: 3 })
      assert.strictEqual((yield* fs.readDirectory(`${baseDir}/mirrors`)).length, 1)
    }))

  it.effect("that outgrows the disk's share is refused", () =>
    Effect.gen(function*() {
      const { baseDir, pull } = yield* Fixture.make
      const noise = Array.from({ length: 20_000 }, (_, index) => Math.sin(index).toString(36)).join("")
      const request = pull({ "a.txt": noise }, { "a.txt": "small\n" })
      yield* Effect.gen(function*() {
        const error = yield* Effect.flip((yield* Workspace).checkout(request))
        assert.isFalse(error.retryable)
        assert.strictEqual(
          error.message,
          "acme/shop is too large: the history takes more than workspace.max_bytes (50000)."
        )
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir, { maxBytes: 50_000 })))
    }))
})
