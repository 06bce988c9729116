import { git } from "@nominal-code/testing/GitHubGit"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { Effect, FileSystem, Option, Redacted, Stream } from "effect"
import { fileURLToPath } from "node:url"
import { NotMeasured } from "./Figure.ts"
import * as Program from "./Program.ts"

// What everything is divided by. It is measured beside it, on the same machine and in the same minute.

const file = fileURLToPath(new URL("./ReferenceServer.ts", import.meta.url))

/** A bare `node:http` server that stores each delivery, those of the same moment together. */
const server = Effect.fnUntraced(function*(store: string, secret: string) {
  const child = yield* Program.node([file, store, secret])
  const port = yield* child.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.runHead)
  if (Option.isSome(port)) return { webhook: `http://127.0.0.1:${port.value}/`, pid: child.pid }
  return yield* new NotMeasured({ message: "the reference server did not start" })
})

/** The bare server over a SQLite file, with each transaction on the disk. */
export const sqliteServer = Effect.fn("Reference.sqliteServer")(function*(secret: string) {
  const files = yield* FileSystem.FileSystem
  return yield* server(yield* files.makeTempDirectoryScoped({ prefix: "nominal-bench-" }), secret)
})

/** The bare server over a Redis. */
export const redisServer = (url: Redacted.Redacted, secret: string) => server(Redacted.value(url), secret)

/** Node with nothing to do, until the scope closes. */
export const idle = Program.node(["-e", "setInterval(() => {}, 1e9)"])

/** The bare commands that a checkout of a pull request takes: what no review can be faster than. */
export const checkout = Effect.fn("Reference.checkout")(
  function*(origin: string, { headSha, number, repository }: PullRequest, directory: string) {
    const mirror = `${directory}/${repository.fullName}.git`
    const credentials = Buffer.from(`x-access-token:${repository.owner.token}`).toString("base64")
    const url = `${origin}/${repository.fullName}.git`
    yield* git(directory, ["init", "-q", "--bare", mirror])
    const asOwner = ["-c", `http.extraHeader=Authorization: Basic ${credentials}`]
    const refs = ["refs/heads/main", `refs/pull/${number}/head`]
    yield* git(mirror, [...asOwner, "fetch", "-q", "--depth=100", url, ...refs])
    yield* git(mirror, ["diff", "FETCH_HEAD", headSha])
  },
  Effect.mapError(({ message }) => new NotMeasured({ message }))
)
