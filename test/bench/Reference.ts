import { git } from "@nominal-code/testing/GitHubGit"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { Effect, FileSystem, Option, Stream } from "effect"
import { fileURLToPath } from "node:url"
import { NotMeasured } from "./Figure.ts"
import * as Program from "./Program.ts"

// What everything is divided by. It is measured beside it, on the same machine and in the same minute.

const file = fileURLToPath(new URL("./ReferenceServer.ts", import.meta.url))

/** A bare `node:http` server with one insert on disk per delivery. Answers with its URL. */
export const server = Effect.fn("Reference.server")(function*(secret: string) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "nominal-bench-" })
  const child = yield* Program.node([file, directory, secret])
  const port = yield* child.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.runHead)
  if (Option.isSome(port)) return `http://127.0.0.1:${port.value}/`
  return yield* new NotMeasured({ message: "the reference server did not start" })
})

/** Node with nothing to do, until the scope closes. */
export const idle = Program.node(["-e", "setInterval(() => {}, 1e9)"])

/** Node from start to end, with nothing in between. */
export const nothing = Program.nodeToEnd(["-e", "0"])

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
    yield* git(mirror, ["worktree", "add", "-q", "--detach", `${directory}/job-${number}`, headSha])
  },
  Effect.mapError(({ message }) => new NotMeasured({ message }))
)
