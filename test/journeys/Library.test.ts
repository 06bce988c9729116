import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import * as ScriptedModel from "../emulators/ScriptedModel.ts"

const example = fileURLToPath(new URL("../../docs/examples/local-diff.ts", import.meta.url))

const identity = {
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.test",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.test"
}

/** A repository of two commits, of which the second brings a bug. */
const twoCommits = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "local-diff-" })
  const git = (...args: ReadonlyArray<string>) =>
    spawner.string(ChildProcess.make("git", ["-C", directory, ...args], { env: { PATH: env["PATH"], ...identity } }))
  const commit = Effect.fnUntraced(function*(text: string, message: string) {
    yield* fs.writeFileString(`${directory}/page.ts`, text)
    yield* git("add", ".")
    yield* git("commit", "-qm", message)
  })
  yield* git("init", "-q")
  yield* commit("export const pages = (n: number) => Math.ceil(n / 20)\n", "count pages")
  yield* commit("export const pages = (n: number) => Math.floor(n / 20)\n", "simplify")
  return directory
})

it.live("the library's example reviews a local diff with a forge of its own", () =>
  Effect.gen(function*() {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const model = yield* ScriptedModel.make
    const submission = ScriptedModel.submitReview("The page count is wrong.", [{
      path: "page.ts",
      line: 1,
      body: "The last page is lost.",
      suggestion: "export const pages = (n: number) => Math.ceil(n / 20)",
      severity: "high",
      confidence: "high",
      category: "bug"
    }])
    model.script(ScriptedModel.turns({ calls: [submission] }))
    const repository = yield* twoCommits
    const child = yield* spawner.spawn(
      ChildProcess.make(process.execPath, [example, repository, "HEAD~1", "HEAD"], {
        env: {
          PATH: env["PATH"],
          HOME: repository,
          WORKSPACE_BASE_DIR: `${repository}/.git/workspace`,
          ANTHROPIC_API_KEY: "a-key-that-is-long-enough",
          ANTHROPIC_BASE_URL: model.url
        },
        stdin: "ignore"
      })
    )
    const written = yield* Stream.mkString(Stream.decodeText(child.all))
    assert.strictEqual(Number(yield* child.exitCode), 0, written)
    assert.include(written, "The page count is wrong.")
    assert.match(written, /page\.ts:1\n[^]*The last page is lost\.[^]*suggestion: export const pages/)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
