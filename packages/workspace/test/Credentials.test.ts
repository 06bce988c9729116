import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Path, Redacted } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { Workspace } from "../src/Workspace.ts"
import * as Fixture from "./Fixture.ts"
import * as GitServer from "./GitServer.ts"

const basic = Buffer.from(`${Fixture.username}:${Fixture.password}`).toString("base64")
const holdsSecret = (text: string) => text.includes(Fixture.password) || text.includes(basic)

/** The argument vectors of every process of this machine that we may look at. */
const commandLines = () =>
  readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, "utf8")]
    } catch {
      return []
    }
  })

layer(Fixture.services, { excludeTestServices: true })("Credentials", (it) => {
  it.effect("are in no file of the workspace and in no argument of a process", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { baseDir, pull, server } = yield* Fixture.make
      const request = pull({ "a.ts": "1\n" }, { "a.ts": "2\n" })
      const seen = new Set<string>()
      server.watch = () => commandLines().forEach((line) => seen.add(line))
      yield* Effect.gen(function*() {
        yield* (yield* Workspace).checkout(request)
        const names = yield* fs.readDirectory(baseDir, { recursive: true })
        let files = 0
        for (const name of names) {
          const file = path.join(baseDir, name)
          if ((yield* fs.stat(file)).type !== "File") continue
          files++
          assert.isFalse(holdsSecret(Buffer.from(yield* fs.readFile(file)).toString("latin1")), name)
        }
        assert.isAbove(files, 5)
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
      assert.isTrue([...seen].some((line) => line.includes("git-remote-http")))
      for (const line of seen) assert.isFalse(holdsSecret(line))
      assert.isTrue(server.seen.every(({ authorization }) => authorization === `Basic ${basic}`))
    }))

  it.effect("are told with each fetch: a renewed token is used with the mirror of the old one", () =>
    Effect.gen(function*() {
      const { baseDir, pull, server } = yield* Fixture.make
      const request = pull({ "a.ts": "1\n" }, { "a.ts": "2\n" })
      yield* Effect.gen(function*() {
        const workspace = yield* Workspace
        const old = { ...request, password: Redacted.make("an-expired-token") }
        const error = yield* Effect.flip(workspace.checkout(old))
        assert.isFalse(error.retryable)
        assert.match(
          error.message,
          /^127\.0\.0\.1:\d+ refused the credentials for acme\/shop: check that the forge's token/
        )
        yield* workspace.checkout(request)
        assert.notInclude(error.message, "an-expired-token")
        assert.isAbove(server.seen.length, 2)
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("are not sent along when a server redirects to another", () =>
    Effect.gen(function*() {
      const other = yield* GitServer.make({ username: "x", password: "y" })
      const { baseDir, pull, server } = yield* Fixture.make
      const request = pull({ "a.ts": "1\n" }, { "a.ts": "2\n" })
      server.intercept = (incoming, response) =>
        response.writeHead(302, { location: `${other.url}${incoming.url}` }).end()
      yield* Effect.gen(function*() {
        const error = yield* Effect.flip((yield* Workspace).checkout(request))
        assert.include(error.message, "redirects acme/shop elsewhere")
        assert.isFalse(error.retryable)
        assert.deepStrictEqual(other.seen, [])
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("are cut out of what the tools show", () =>
    Effect.gen(function*() {
      const { baseDir, pull } = yield* Fixture.make
      const request = pull({ "a.ts": "" }, { "a.ts": `password = "${Fixture.password}"\nheader = "${basic}"\n` })
      yield* Effect.gen(function*() {
        const checkout = yield* (yield* Workspace).checkout(request)
        for (
          const [tool, input] of [
            ["Read", { file_path: "a.ts" }],
            ["Grep", { pattern: "password|header" }],
            ["GitDiff", {}],
            ["GitShow", { revision: "HEAD" }],
            ["GitShow", { revision: "HEAD", path: "a.ts", content: true }],
            ["GitBlame", { path: "a.ts" }]
          ] as const
        ) {
          const answer = yield* Fixture.use(checkout, tool, input)
          assert.isFalse(holdsSecret(answer), tool)
          assert.include(answer, "[REDACTED]", tool)
        }
        const error = yield* Effect.flip(Fixture.use(checkout, "Read", { file_path: Fixture.password }))
        assert.strictEqual(error.message, "File not found: [REDACTED]")
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))
})

layer(Fixture.services, { excludeTestServices: true })("A server that cannot be reached", (it) => {
  const failing = (status: number) =>
    Effect.gen(function*() {
      const { baseDir, pull, server } = yield* Fixture.make
      const request = pull({ "a.ts": "1\n" }, { "a.ts": "2\n" })
      server.intercept = (_, response) => status === 0 ? response.destroy() : response.writeHead(status).end()
      return yield* Effect.flip(Effect.flatMap(Workspace, (workspace) => workspace.checkout(request))).pipe(
        Effect.provide(Fixture.workspaceIn(baseDir))
      )
    })

  it.effect("is named with what to check, and the job may be tried again", () =>
    Effect.gen(function*() {
      const { baseDir, pull } = yield* Fixture.make
      const request = { ...pull({ "a.ts": "1\n" }, { "a.ts": "2\n" }), url: "http://127.0.0.1:1/acme/shop.git" }
      yield* Effect.gen(function*() {
        const error = yield* Effect.flip((yield* Workspace).checkout(request))
        assert.isTrue(error.retryable)
        assert.match(
          error.message,
          /^127\.0\.0\.1:1 could not be reached to fetch acme\/shop \(.*Failed to connect.*\): check the network or the proxy\.$/
        )
      }).pipe(Effect.provide(Fixture.workspaceIn(baseDir)))
    }))

  it.effect("is told apart from one that refuses, does not know, or is not allowed to show the repository", () =>
    Effect.gen(function*() {
      for (
        const [status, retryable, words] of [
          [0, true, "could not be reached"],
          [503, true, "could not be reached"],
          [429, true, "could not be reached"],
          [401, false, "refused the credentials"],
          [403, true, "refused acme/shop (403)"],
          [404, false, "has no repository acme/shop"]
        ] as const
      ) {
        const error = yield* failing(status)
        assert.include(error.message, words, String(status))
        assert.notInclude(error.message, "\n")
        assert.strictEqual(error.retryable, retryable, String(status))
      }
    }))
})
