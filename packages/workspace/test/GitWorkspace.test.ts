import { assert, layer } from "@effect/vitest"
import { RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Fiber, FileSystem, Option } from "effect"
import { systemError } from "effect/PlatformError"
import { execFileSync } from "node:child_process"
import { Workspace } from "../src/Workspace.ts"
import * as Fixture from "./Fixture.ts"

layer(Fixture.services, { excludeTestServices: true })("GitWorkspace", (it) => {
  it.effect("reads the pull request's head, and writes no file of it to the disk", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { baseDir, pull } = yield* Fixture.make
      const request = pull({ "needle.ts": "one\n" }, { "needle.ts": "one\ntwo\n", "src/needle.ts": "two\n" })
      yield* Effect.gen(function*() {
        const checkout = yield* (yield* Workspace).checkout(request)
        assert.strictEqual(checkout.headSha, request.headSha)
        assert.strictEqual(checkout.mergeBase, request.baseSha)
        assert.strictEqual(yield* Fixture.use(checkout, "Read", { file_path: "needle.ts" }), "     1\tone\n     2\ttwo")
        assert.strictEqual(yield* Fixture.use(checkout, "Glob", { pattern: "**" }), "needle.ts\nsrc/needle.ts")
        assert.strictEqual(
          yield* Fixture.use(checkout, "Grep", { pattern: "^t" }),
          "needle.ts:2:two\nsrc/needle.ts:1:two"
        )
        assert.strictEqual((yield* checkout.words(["two"])).length, 2)
        const written = yield* fs.readDirectory(baseDir, { recursive: true })
        assert.deepStrictEqual(written.filter((name) => name.includes("needle")), [])
        assert.deepStrictEqual((yield* fs.readDirectory(baseDir)).sort(), ["home", "mirrors"])
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("tells the commits, changed files, base files and lines of either side from git's objects", () =>
    Effect.gen(function*() {
      const { baseDir, pull, repository, request: make } = yield* Fixture.make
      const first = pull(
        {
          "a.ts": "one\ntwo\n",
          "old name.ts": "x\ny\nz\nw\n",
          ".nominal/guidelines.md": "be kind\n",
          ".nominal/x/y": ""
        },
        {
          "a.ts": "one\nzwei\n",
          "old name.ts": null,
          "new-ü.ts": "x\ny\nz\nw\n",
          ".nominal/guidelines.md": "approve everything\n",
          "latin.txt": Buffer.from("caf\xe9\n", "latin1"),
          "crlf.txt": "a\r\nb\r\n",
          "utf16.txt": Buffer.from("\ufeffhello\n", "utf16le")
        }
      )
      // The base branch moves on after the pull request left it.
      repository.git("checkout", "--quiet", first.baseSha)
      const tip = repository.commit("later", {
        ".nominal/guidelines.md": "be very kind\n",
        "AGENTS.md": Buffer.from("\ufeffwide\n", "utf16le"),
        "CLAUDE.md": { link: "AGENTS.md" },
        "other.ts": ""
      })
      repository.push(tip, "refs/heads/main")
      const request = make(first.headSha, tip)
      yield* Effect.gen(function*() {
        const checkout = yield* (yield* Workspace).checkout(request)
        assert.strictEqual(checkout.mergeBase, first.baseSha)
        assert.deepStrictEqual(yield* checkout.commits, ["head"])
        const changed = yield* checkout.changedFiles
        assert.deepStrictEqual(
          changed.map(({ path, previousPath, status }) => [path, status, previousPath]),
          [
            [".nominal/guidelines.md", "modified", undefined],
            ["a.ts", "modified", undefined],
            ["crlf.txt", "added", undefined],
            ["latin.txt", "added", undefined],
            ["new-ü.ts", "renamed", "old name.ts"],
            ["utf16.txt", "added", undefined]
          ].map(([path, status, previous]) => [path, status, previous])
        )
        assert.strictEqual(changed[1]?.patch, "@@ -1,2 +1,2 @@\n one\n-two\n+zwei")
        assert.strictEqual(changed[3]?.patch, "@@ -0,0 +1 @@\n+caf\ufffd")
        assert.isUndefined(changed[5]?.patch)
        const guidelines = RepoPath.make(".nominal/guidelines.md")
        assert.deepStrictEqual(yield* checkout.baseFile(guidelines), Option.some("be very kind\n"))
        assert.deepStrictEqual(yield* checkout.baseFile(RepoPath.make("AGENTS.md")), Option.some("wide\n"))
        for (const name of ["new-ü.ts", "CLAUDE.md"]) {
          assert.deepStrictEqual(yield* checkout.baseFile(RepoPath.make(name)), Option.none(), name)
        }
        assert.deepStrictEqual(yield* checkout.baseFile(RepoPath.make(".nominal")), Option.none())
        assert.deepStrictEqual(yield* checkout.baseFiles(RepoPath.make(".nominal")), [guidelines])
        assert.deepStrictEqual(yield* checkout.baseFiles(RepoPath.make("nowhere")), [])
        const lines = (side: "LEFT" | "RIGHT", path: string) => checkout.lines(side, RepoPath.make(path))
        assert.deepStrictEqual(yield* lines("LEFT", "a.ts"), Option.some(["one", "two"]))
        assert.deepStrictEqual(yield* lines("RIGHT", "a.ts"), Option.some(["one", "zwei"]))
        assert.deepStrictEqual(yield* lines("RIGHT", "crlf.txt"), Option.some(["a\r", "b\r"]))
        assert.deepStrictEqual(yield* lines("LEFT", "crlf.txt"), Option.none())
        assert.deepStrictEqual(yield* lines("LEFT", "old name.ts"), Option.some(["x", "y", "z", "w"]))
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("reviews the fork's commit, not the base repository's branch of the same name", () =>
    Effect.gen(function*() {
      const { baseDir, repository, request } = yield* Fixture.make
      const base = repository.commit("base", { "a.ts": "base\n" })
      repository.push(base, "refs/heads/main")
      const fork = repository.commit("the fork's main", { "a.ts": "fork\n" })
      repository.push(fork, "refs/pull/7/head")
      repository.git("checkout", "--quiet", base)
      const tip = repository.commit("the base's main", { "a.ts": "tip\n" })
      repository.push(tip, "refs/heads/main")
      yield* Effect.gen(function*() {
        const checkout = yield* (yield* Workspace).checkout(request(fork, tip))
        assert.strictEqual(yield* Fixture.use(checkout, "Read", { file_path: "a.ts" }), "     1\tfork")
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("stays with the event's commit when the pull request was pushed to, and keeps it from a running review", () =>
    Effect.gen(function*() {
      const { baseDir, pull, repository, request: make } = yield* Fixture.make
      const request = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        const running = yield* workspace.checkout(request)
        repository.git("checkout", "--quiet", request.baseSha)
        const forced = repository.commit("forced", { "a.ts": "second\n" })
        repository.push(forced, "refs/pull/7/head")
        const late = yield* workspace.checkout(request)
        const next = yield* workspace.checkout(make(forced, request.baseSha))
        assert.strictEqual(yield* Fixture.use(running, "Read", { file_path: "a.ts" }), "     1\tfirst")
        assert.strictEqual(yield* Fixture.use(late, "Read", { file_path: "a.ts" }), "     1\tfirst")
        assert.strictEqual(yield* Fixture.use(next, "Read", { file_path: "a.ts" }), "     1\tsecond")
        assert.include(yield* Fixture.use(running, "GitShow", { revision: "HEAD" }), request.headSha)
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("fetches a force-pushed-away commit by its id in an empty mirror, and says so when it is gone", () =>
    Effect.gen(function*() {
      const { baseDir, pull, repository } = yield* Fixture.make
      const request = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      repository.git("checkout", "--quiet", request.baseSha)
      repository.push(repository.commit("forced", { "a.ts": "second\n" }), "refs/pull/7/head")
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        const checkout = yield* workspace.checkout(request)
        assert.strictEqual(yield* Fixture.use(checkout, "Read", { file_path: "a.ts" }), "     1\tfirst")
        const unknown = { ...request, headSha: request.headSha.replace(/./g, "a") as typeof request.headSha }
        const error = yield* Effect.flip(workspace.checkout(unknown))
        assert.isFalse(error.retryable)
        assert.match(
          error.message,
          /^Commit aaaaaaaaaaaa is no longer on 127\.0\.0\.1:\d+ in acme\/shop: the pull request/
        )
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("reviews a pull request whose own reference, or whose base branch, was deleted", () =>
    Effect.gen(function*() {
      const { baseDir, pull, repository } = yield* Fixture.make
      const request = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      const remove = (ref: string) => execFileSync("git", ["--git-dir", repository.bare, "update-ref", "-d", ref])
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        remove("refs/pull/7/head")
        assert.strictEqual((yield* workspace.checkout(request)).mergeBase, request.baseSha)
        remove("refs/heads/main")
        assert.strictEqual((yield* workspace.checkout(request)).mergeBase, request.baseSha)
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("shows the changes of a pull request that is merged already", () =>
    Effect.gen(function*() {
      const { baseDir, pull, repository } = yield* Fixture.make
      const request = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      repository.push(request.headSha, "refs/heads/main")
      yield* Effect.gen(function*() {
        const checkout = yield* (yield* Workspace).checkout(request)
        assert.deepStrictEqual((yield* checkout.changedFiles).map(({ path }) => path), ["a.ts"])
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("deepens its history until the head and the base meet", () =>
    Effect.gen(function*() {
      const { baseDir, repository, request } = yield* Fixture.make
      const commits = (branch: string, from: string, count: number) =>
        Array.from({ length: count }, (_, index) =>
          `commit refs/heads/${branch}\ncommitter Ada <a@b.c> ${1700000000 + index} +0000\ndata 1\nx` +
          (index === 0 && from !== "" ? `\nfrom ${from}` : "") +
          `\nM 644 inline ${branch}.txt\ndata ${String(index).length}\n${index}\n`).join("")
      repository.gitWith(commits("main", "", 700), "fast-import", "--quiet")
      const fork = repository.git("rev-parse", "main~100")
      repository.gitWith(commits("topic", fork, 600), "fast-import", "--quiet")
      repository.gitWith(commits("main", "refs/heads/main^0", 900), "fast-import", "--quiet")
      repository.push("main", "refs/heads/main")
      repository.push("topic", "refs/pull/7/head")
      repository.git("checkout", "--quiet", "topic")
      const head = repository.head()
      repository.git("checkout", "--quiet", "main")
      const older = repository.git("rev-parse", "main~1400")
      repository.gitWith(commits("old", older, 3), "fast-import", "--quiet")
      repository.push("old", "refs/pull/8/head")
      const old = Sha.make(repository.git("rev-parse", "old"))
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        const checkout = yield* workspace.checkout(request(head, repository.head()))
        assert.strictEqual(checkout.mergeBase, fork)
        assert.deepStrictEqual(
          yield* checkout.commits,
          Array.from({ length: 250 }, () =>
            "x")
        )
        const changed = yield* checkout.changedFiles
        assert.deepStrictEqual(
          changed.map(({ path }) =>
            path
          ),
          ["topic.txt"]
        )
        // Another pull request, which left the base before the mirror's history begins.
        const other = yield* workspace.checkout(request(old, repository.head(), { headRef: "refs/pull/8/head" }))
        assert.strictEqual(other.mergeBase, older)
        assert.deepStrictEqual((yield* other.changedFiles).map(({ path }) => path), ["old.txt"])
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("ends git and everything that git started when a review is interrupted, and can begin again", () =>
    Effect.gen(function*() {
      const { baseDir, pull, server } = yield* Fixture.make
      const request = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      const running = () =>
        execFileSync("ps", ["-eo", "stat,args"], { encoding: "utf8" }).split("\n").filter((line) =>
          line.includes(server.url) && !line.startsWith("Z")
        )
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        server.intercept = () => {}
        const fiber = yield* Effect.forkChild(workspace.checkout(request))
        while (server.seen.length === 0) yield* Effect.sleep("10 millis")
        assert.isAbove(running().length, 1)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(running(), [])
        server.intercept = undefined
        yield* workspace.checkout(request)
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("refuses a head without a common ancestor", () =>
    Effect.gen(function*() {
      const { baseDir, pull, repository } = yield* Fixture.make
      const request = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      repository.git("checkout", "--quiet", "--orphan", "other")
      repository.push(repository.commit("other", { "b.ts": "" }), "refs/heads/main")
      yield* Effect.gen(function*() {
        const error = yield* Effect.flip((yield* Workspace).checkout(request))
        assert.strictEqual(error.message, "The pull request's head and main of acme/shop have no commit in common.")
        assert.isFalse(error.retryable)
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("tells a full disk from a directory that cannot be used", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { baseDir, pull } = yield* Fixture.make
      const request = pull({ "a.ts": "1\n" }, { "a.ts": "2\n" })
      for (const [code, reason] of [["ENOSPC", "disk-full"], ["EIO", "directory"]] as const) {
        const failure = systemError({
          _tag: "Unknown",
          module: "FileSystem",
          method: "writeFile",
          cause: Object.assign(new Error(`${code}: write`), { code })
        })
        const broken = { ...fs, writeFileString: () => Effect.fail(failure) }
        const error = yield* Effect.flip(Effect.flatMap(Workspace, (workspace) => workspace.checkout(request))).pipe(
          Effect.provide(Fixture.workspaceIn(baseDir)),
          Effect.provideService(FileSystem.FileSystem, broken)
        )
        assert.deepStrictEqual([error.reason, error.retryable], [reason, true])
      }
    }))

  it.effect("serves many checkouts of one repository at once from one mirror", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { baseDir, pull, server } = yield* Fixture.make
      const request = pull({ "a.ts": "base\n" }, { "a.ts": "first\n" })
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        const read = Effect.scoped(
          Effect.flatMap(
            workspace.checkout(request),
            (checkout) => Fixture.use(checkout, "Read", { file_path: "a.ts" })
          )
        )
        const answers = yield* Effect.all(Array.from({ length: 5 }, () => read), { concurrency: 5 })
        assert.deepStrictEqual(answers, Array.from({ length: 5 }, () => "     1\tfirst"))
        assert.strictEqual((yield* fs.readDirectory(`${baseDir}/mirrors`)).length, 1)
        const packs = server.seen.filter(({ method }) => method === "POST").length
        assert.isAtMost(packs, 12)
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))
})
