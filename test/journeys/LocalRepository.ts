import { nodeFlags } from "@nominal-code/testing/Command"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { Effect, FileSystem, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"

const identity = {
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.test",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.test"
}

const before = "export const pages = (n: number) => Math.ceil(n / 20)\n"
const after = "export const pages = (n: number) => Math.floor(n / 20)\n"

/** A repository with one commit, and a change that loses the last page: committed, staged or only on the disk. */
export const make = Effect.fn("LocalRepository.make")(function*(change: "committed" | "staged" | "unstaged") {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "local-repository-" })
  const git = (...args: ReadonlyArray<string>) =>
    spawner.string(ChildProcess.make("git", ["-C", directory, ...args], { env: { PATH: env["PATH"], ...identity } }))
  yield* git("init", "-q")
  yield* fs.writeFileString(`${directory}/page.ts`, before)
  yield* fs.writeFileString(`${directory}/CODEOWNERS`, "page.ts @alice\n")
  yield* git("add", ".")
  yield* git("commit", "-qm", "count pages")
  yield* fs.writeFileString(`${directory}/page.ts`, after)
  if (change !== "unstaged") yield* git("add", ".")
  if (change === "committed") yield* git("commit", "-qm", "simplify")
  return { directory, git }
})

/** The model looks at the page, and at who owns it where it can ask that. Then it hands its review in. */
export const model = Effect.gen(function*() {
  const model = yield* ScriptedModel.make
  const review = ScriptedModel.submitReview("The page count is wrong.", [
    {
      path: "page.ts",
      line: 1,
      body: "The last page is lost.",
      suggestion: "export const pages = (n: number) => Math.ceil(n / 20)",
      severity: "high",
      confidence: "high",
      category: "bug"
    },
    { path: "page.ts", line: 1, body: "This may be wrong too.", severity: "low", confidence: "low", category: "other" }
  ])
  model.script(({ tools, turn }) => {
    if (turn > 0) return { calls: [review] }
    const owners = tools.includes("Owners") ? [{ name: "Owners", input: { path: "page.ts" } }] : []
    return { calls: [{ name: "Read", input: { file_path: "page.ts" } }, ...owners] }
  })
  return model
})

/** Runs a program of somebody who has a key of that model, and answers with what it wrote and its exit code. */
export const run = Effect.fn("LocalRepository.run")(
  function*(modelUrl: string, cwd: string, program: string, ...args: ReadonlyArray<string>) {
    const fs = yield* FileSystem.FileSystem
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const home = yield* fs.makeTempDirectoryScoped({ prefix: "local-home-" })
    const child = yield* spawner.spawn(ChildProcess.make(process.execPath, [...nodeFlags, program, ...args], {
      cwd,
      env: {
        PATH: env["PATH"],
        HOME: home,
        WORKSPACE_BASE_DIR: `${home}/workspace`,
        // What several of them import is compiled once.
        NODE_COMPILE_CACHE: `${cwd}/node_modules/.cache/examples`,
        ANTHROPIC_API_KEY: "a-key-that-is-long-enough",
        ANTHROPIC_BASE_URL: modelUrl
      },
      stdin: "ignore"
    }))
    const written = yield* Stream.mkString(Stream.decodeText(child.all))
    return { code: Number(yield* child.exitCode), written }
  },
  Effect.scoped
)
