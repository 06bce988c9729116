import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"
import { nodeOf, supported } from "../../ci/onDemand.ts"
import { buildInto } from "../deploy/Bundle.ts"
import { root } from "../deploy/Rendering.ts"
import * as LocalRepository from "../journeys/LocalRepository.ts"

type Variables = Readonly<Record<string, string>>

/** Runs a program to its end, and answers with what it wrote; a non-zero exit fails with that. */
const run = Effect.fnUntraced(function*(cwd: string, variables: Variables, words: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const [program = "", ...args] = words
  const child = yield* spawner.spawn(ChildProcess.make(program, args, { cwd, env: variables, stdin: "ignore" }))
  const written = yield* Stream.mkString(Stream.decodeText(child.all))
  assert.strictEqual(Number(yield* child.exitCode), 0, `${words.join(" ")}\n${written}`)
  return written
}, Effect.scoped)

const here: Variables = { PATH: env["PATH"] ?? "", HOME: env["HOME"] ?? "" }

/** Words that make a program one of a user who is not root, where this is root. */
const asNobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []

/** Folder of somebody who installed the packed artifact from npm beside an `effect` of their own; all may read it. */
const install = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "nominal-artifact-" }))
  const [dist, project] = [`${directory}/dist`, `${directory}/project`]
  yield* buildInto(dist, "all")
  yield* run(root, here, [process.execPath, "ci/library.ts", dist])
  yield* run(dist, here, ["npm", "pack", "--silent", "--pack-destination", directory])
  const [tarball = ""] = (yield* fs.readDirectory(directory)).filter((file) => file.endsWith(".tgz"))
  yield* fs.makeDirectory(project)
  yield* fs.writeFileString(`${project}/package.json`, JSON.stringify({ type: "module" }))
  const { devDependencies } = JSON.parse(yield* fs.readFileString(`${root}/package.json`))
  const beside = ["effect", "@effect/platform-node", "@types/node", "typescript"]
  const packages = beside.map((name) => `${name}@${devDependencies[name]}`)
  const options = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", "--loglevel=error"]
  yield* run(project, here, ["npm", "install", ...options, `../${tarball}`, ...packages])
  yield* fs.copyFile(`${root}/docs/examples/review-changes.ts`, `${project}/review-changes.ts`)
  yield* run(root, here, [process.execPath, "ci/executable.ts", `${directory}/executable`])
  yield* run(directory, here, ["chmod", "--recursive", "a+rX", directory])
  return { executable: `${directory}/executable/nominal-code`, project }
})

class Installed extends Context.Service<Installed, Effect.Success<typeof install>>()("test/nodes/Installed") {
  static readonly layer = Layer.effect(Installed, install)
}

/** User who is not root, with a home that cannot be written, in a repository with a staged change. */
const makeUser = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { directory } = yield* LocalRepository.make("staged")
  const { url } = yield* LocalRepository.model
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-home-" })
  yield* fs.makeDirectory(`${home}/tmp`)
  yield* fs.chmod(`${home}/tmp`, 0o777)
  yield* Effect.acquireRelease(fs.chmod(home, 0o555), () => Effect.orDie(fs.chmod(home, 0o755)))
  if (asNobody.length > 0) yield* run("/", here, ["chown", "--recursive", "65534:65534", directory])
  const key = { ANTHROPIC_API_KEY: "a-key-that-is-long-enough", ANTHROPIC_BASE_URL: url }
  const variables = { PATH: "/usr/bin:/bin", HOME: home, TMPDIR: `${home}/tmp`, ...key }
  return {
    left: fs.readDirectory(`${home}/tmp`),
    run: (...words: ReadonlyArray<string>) => run(directory, variables, [...asNobody, ...words])
  }
})

layer(Layer.provideMerge(Installed.layer, NodeServices.layer), { excludeTestServices: true, timeout: "10 minutes" })(
  "the packed artifact, as a user with a home that cannot be written",
  (it) => {
    it.effect.each(supported)(
      "reviews what is staged on Node %s, as the command and as the library",
      (version) =>
        Effect.gen(function*() {
          const { project } = yield* Installed
          const user = yield* makeUser
          const node = nodeOf(version)
          const command = [node, `${project}/node_modules/nominal-code/bin/nominal-code.js`]
          assert.match(yield* user.run(node, "--version"), new RegExp(`^v${version}\\.?`))
          assert.match(yield* user.run(...command, "--version"), /^nominal-code v\d+\.\d+\.\d+\n$/)
          assert.include(yield* user.run(...command, "review", "--staged"), "The last page is lost.")
          const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2024", "--types", "node"]
          yield* run(project, here, [node, "node_modules/typescript/bin/tsc", ...options, "review-changes.ts"])
          assert.include(yield* user.run(node, `${project}/review-changes.ts`, "."), "The last page is lost.")
        }).pipe(Effect.scoped)
    )

    it.effect("reviews what is staged as the single executable, which leaves nothing behind", () =>
      Effect.gen(function*() {
        const { executable } = yield* Installed
        const user = yield* makeUser
        assert.match(yield* user.run(executable, "--version"), /^nominal-code v\d+\.\d+\.\d+\n$/)
        assert.include(yield* user.run(executable, "review", "--staged"), "The last page is lost.")
        assert.deepStrictEqual((yield* user.left).filter((name) => name.startsWith("nominal-code-")), [])
      }).pipe(Effect.scoped))

    it.effect("takes its settings from a file .env, which Node reads", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { project } = yield* Installed
        const home = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-home-" })
        yield* fs.writeFileString(`${home}/.env`, "REVIEWER_BOT_USERNAME=bot-of-the-file\n")
        const command = [process.execPath, "--env-file=.env", `${project}/node_modules/.bin/nominal-code`]
        assert.match(yield* run(home, { HOME: home }, [...command, "config", "show"]), /bot-of-the-file +REVIEWER_BOT/)
      }).pipe(Effect.scoped))

    it.effect("unpacks itself once as the single executable, where the home can be written", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { executable } = yield* Installed
        const home = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-home-" })
        const start = run(home, { HOME: home }, [executable, "--version"])
        yield* Effect.all([start, start, start], { concurrency: 3 })
        const [kept = "", ...others] = yield* fs.readDirectory(`${home}/.cache/nominal-code`)
        assert.deepStrictEqual(others, [])
        yield* fs.access(`${home}/.cache/nominal-code/${kept}/bin/nominal-code.js`)
      }).pipe(Effect.scoped))
  }
)
