import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { nodeFlags } from "@nominal-code/testing/Command"
import { hasRedis, start } from "@nominal-code/testing/RedisServer"
import { Context, Effect, FileSystem, Layer, Redacted, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { buildInto } from "../deploy/Bundle.ts"
import * as LocalRepository from "./LocalRepository.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** As much of `@arethetypeswrong/core` as is used. It is no package of this workspace: it brings another compiler. */
interface TypeCheck {
  readonly createPackageFromTarballData: (tarball: Uint8Array) => unknown
  readonly checkPackage: (packed: unknown) => Promise<
    | { readonly types: false }
    | { readonly types: object; readonly problems: ReadonlyArray<{ readonly resolutionKind?: string }> }
  >
}

/** Words that make a program one of a user who is not root, where this is root. */
const asNobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []

/** Runs a program to its end; a non-zero exit fails with what it wrote. */
const run = Effect.fnUntraced(function*(cwd: string, program: string, ...args: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  // The compiler, in Go, lives for seconds: it collects its garbage a third as often.
  const variables = { PATH: env["PATH"], HOME: cwd, GOGC: "400" }
  const command = ChildProcess.make(program, args, { cwd, env: variables, stdin: "ignore" })
  const child = yield* spawner.spawn(command)
  const written = yield* Stream.mkString(Stream.decodeText(child.all))
  assert.strictEqual(Number(yield* child.exitCode), 0, `${program} ${args.join(" ")}\n${written}`)
  return written
}, Effect.scoped)

const node = (cwd: string, ...args: ReadonlyArray<string>) => run(cwd, process.execPath, ...nodeFlags, ...args)

/** Folder of somebody who installs the package beside an `effect` of their own, and nothing else. */
const pack = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "nominal-package-" }))
  const dist = `${directory}/dist`
  yield* buildInto(dist, "all")
  yield* node(root, "ci/library.ts", dist)
  yield* run(dist, "npm", "pack", "--silent", "--pack-destination", directory)
  const [name = ""] = (yield* fs.readDirectory(directory)).filter((file) => file.endsWith(".tgz"))
  const project = `${directory}/project`
  const modules = `${project}/node_modules`
  yield* fs.makeDirectory(`${modules}/@effect`, { recursive: true })
  yield* run(directory, "tar", "-xzf", name, "-C", modules)
  yield* fs.rename(`${modules}/package`, `${modules}/nominal-code`)
  // Links: from this folder, nothing else leads to the `effect` of this clone. A copy of it has 3,000 files.
  for (const dependency of ["effect", "@effect/platform-node", "@vscode", "@types"]) {
    yield* fs.symlink(`${root}/node_modules/${dependency}`, `${modules}/${dependency}`)
  }
  yield* fs.writeFileString(`${project}/package.json`, JSON.stringify({ type: "module" }))
  return { dist, project, tarball: `${directory}/${name}` }
})

class PackedArtifact extends Context.Service<PackedArtifact, Effect.Success<typeof pack>>()("test/journeys/Packed") {
  static readonly layer = Layer.effect(PackedArtifact, pack)
}

/** Runs an example in the folder of somebody who has installed the package. */
const runExampleIn = Effect.fnUntraced(
  function*(project: string, name: string, modelUrl: string, ...args: ReadonlyArray<string>) {
    const fs = yield* FileSystem.FileSystem
    yield* fs.copyFile(`${root}/docs/examples/${name}.ts`, `${project}/${name}.ts`)
    return yield* LocalRepository.run(modelUrl, project, `${name}.ts`, ...args)
  }
)

/** Runs an example on a repository with a change that loses the last page. */
const runExample = Effect.fnUntraced(function*(
  name: string,
  args: (model: { readonly url: string }) => ReadonlyArray<string> = () => [],
  change: "committed" | "staged" | "unstaged" = "unstaged"
) {
  const fs = yield* FileSystem.FileSystem
  const { project } = yield* PackedArtifact
  const model = yield* LocalRepository.model
  const { directory, git } = yield* LocalRepository.make(change)
  const source = yield* fs.readFileString(`${root}/docs/examples/${name}.ts`)
  return { git, model, source, ...yield* runExampleIn(project, name, model.url, directory, ...args(model)) }
})

layer(Layer.provideMerge(PackedArtifact.layer, NodeServices.layer), {
  excludeTestServices: true,
  timeout: "5 minutes"
})(
  "the packed artifact",
  (it) => {
    it.effect("has types that a strict compiler accepts in a program of somebody else", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { project } = yield* PackedArtifact
        const examples = yield* fs.readDirectory(`${root}/docs/examples`)
        for (const name of examples) yield* fs.copyFile(`${root}/docs/examples/${name}`, `${project}/${name}`)
        // Each named service can be implemented with what the library exports.
        yield* fs.copyFile(`${root}/test/journeys/OwnServices.ts`, `${project}/OwnServices.ts`)
        // As a source, so that our own declarations are checked, and not those of Effect and Node: three seconds.
        const declarations = `${project}/node_modules/nominal-code/library/index.d.ts`
        yield* fs.copyFile(declarations, `${project}/Declarations.ts`)
        const sources = [...examples, "OwnServices.ts", "Declarations.ts"]
        const options = [
          "--skipLibCheck",
          "--singleThreaded",
          "--strict",
          "--noEmit",
          "--module",
          "nodenext",
          "--target",
          "es2024",
          "--types",
          "node"
        ]
        yield* node(project, `${root}/node_modules/typescript/bin/tsc`, ...options, ...sources)
        assert.isTrue(yield* fs.exists(`${declarations}.map`))
      }))

    it.effect.each([["unstaged", " M page.ts\n"], ["staged", "M  page.ts\n"]] as const)(
      "reviews in fifteen lines what is %s, from a folder that holds nothing else, and changes neither the files nor the index",
      ([change, status]) =>
        Effect.gen(function*() {
          const { code, git, source, written } = yield* runExample("review-changes", () => [], change)
          assert.isAtMost(source.split("\n").filter((line) => line !== "" && !line.startsWith("/**")).length, 15)
          assert.strictEqual(code, 0, written)
          assert.match(written, /The page count is wrong\.[^]*page\.ts:1\n[^]*The last page is lost\./)
          assert.strictEqual(yield* git("status", "--porcelain"), status)
          assert.strictEqual((yield* git("for-each-ref")).trim().split("\n").length, 1)
        }).pipe(Effect.scoped)
    )

    it.effect("says that there is nothing to review where nothing has changed", () =>
      Effect.gen(function*() {
        const { code, written } = yield* runExample("review-changes", () => [], "committed")
        assert.strictEqual(code, 1)
        assert.include(written, "the diff is empty")
      }).pipe(Effect.scoped))

    it.effect("reviews with a model of one's own, behind the chat completions protocol", () =>
      Effect.gen(function*() {
        const { code, model, written } = yield* runExample("own-model", ({ url }) => [`${url}/v1`, "a-model"])
        assert.strictEqual(code, 0, written)
        assert.include(written, "page.ts:1\n")
        assert.include(written, "The last page is lost.")
        assert.deepStrictEqual(model.turns.map(({ request }) => request.model), ["a-model", "a-model"])
        assert.match(model.turns[1]?.request.toolResults[0] ?? "", /Math\.floor/)
      }).pipe(Effect.scoped))

    it.effect("reviews for a forge of one's own", () =>
      Effect.gen(function*() {
        const { code, written } = yield* runExample("own-forge", () => ["HEAD~1", "HEAD"], "committed")
        assert.strictEqual(code, 0, written)
        assert.match(written, /page\.ts:1\n[^]*The last page is lost\.[^]*suggestion: export const pages/)
      }).pipe(Effect.scoped))

    it.effect("reviews with a tool of one's own, which the model calls", () =>
      Effect.gen(function*() {
        const { code, model, written } = yield* runExample("own-tool")
        assert.strictEqual(code, 0, written)
        assert.include(written, "The page count is wrong.")
        assert.include(model.turns[0]?.request.tools ?? [], "Owners")
        assert.deepStrictEqual(model.turns[1]?.request.toolResults.at(-1), "page.ts @alice")
      }).pipe(Effect.scoped))

    it.effect("reviews with steps of one's own: a rule beside the model, and nothing that it is not sure of", () =>
      Effect.gen(function*() {
        const { code, written } = yield* runExample("own-step")
        assert.strictEqual(code, 0, written)
        assert.include(written, "The last page is lost.")
        assert.include(written, "20 has no name")
        assert.notInclude(written, "This may be wrong too.")
      }).pipe(Effect.scoped))

    const stores = ["SQLite", ...hasRedis ? ["Redis"] : []]
    it.effect.each(stores)(
      "works a queue in %s that outlives the worker, each accepted job once",
      (store) =>
        Effect.gen(function*() {
          const { project } = yield* PackedArtifact
          const place = store === "SQLite" ? `${project}/data` : Redacted.value((yield* start({ aof: false })).url)
          const work = () => runExampleIn(project, "queue-worker", "", place, "acme/shop", "7", "8")
          const first = yield* work()
          assert.strictEqual(first.code, 0, first.written)
          for (const number of [7, 8]) {
            assert.include(first.written, `acme/shop#${number}: Accepted`)
            assert.include(first.written, `reviewing acme/shop#${number}`)
          }
          const second = yield* work()
          assert.strictEqual(second.code, 0, second.written)
          assert.include(second.written, "acme/shop#7: Duplicate")
          assert.notInclude(second.written, "reviewing")
        }).pipe(Effect.scoped)
    )

    it.effect("is one copy of effect with the program that uses it, so a secret of one is readable in the other", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { project } = yield* PackedArtifact
        yield* fs.writeFileString(
          `${project}/secret.ts`,
          `import { Effect, Redacted } from "effect"
         import { Anthropic } from "nominal-code"
         import { Option } from "effect"
         const made = Anthropic.make({
           apiKey: Redacted.make("a-key"), baseUrl: Option.some("http://127.0.0.1:9"),
           limits: { idle: 1000, attempt: 1000, total: 1000 }
         })
         Effect.runPromise(made).then(({ name }) => console.log(name))
        `
        )
        const { written } = yield* LocalRepository.run("", project, "secret.ts")
        assert.strictEqual(written.trim(), "anthropic")
        yield* fs.writeFileString(
          `${project}/copies.mjs`,
          `import { createRequire } from "node:module"
         const ofLibrary = createRequire(import.meta.resolve("nominal-code")).resolve("effect")
         console.log(ofLibrary === createRequire(import.meta.url).resolve("effect") ? "one copy" : "two copies")
        `
        )
        assert.strictEqual((yield* node(project, "copies.mjs")).trim(), "one copy")
        const names = yield* fs.readDirectory(`${project}/node_modules/nominal-code/library`)
        const code = yield* Effect.forEach(
          names.filter((name) => name.endsWith(".js")),
          (name) => fs.readFileString(`${project}/node_modules/nominal-code/library/${name}`),
          { concurrency: 4 }
        )
        assert.isFalse(code.some((text) => text.includes("node_modules/effect/")), "a copy of effect is bundled")
      }))

    it.effect("has a command that runs without anything else beside it", () =>
      Effect.gen(function*() {
        const { project } = yield* PackedArtifact
        assert.match(yield* node(project, "node_modules/nominal-code/bin/nominal-code.js", "--help"), /run-job/)
      }))

    it.effect("installs as the command of a machine, which reviews as a user with a home that cannot be written", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { dist } = yield* PackedArtifact
        const machine = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-machine-" })
        const [copy, home, prefix] = [`${machine}/dist`, `${machine}/home`, `${machine}/usr`]
        yield* fs.copy(dist, copy)
        const manifest = JSON.parse(yield* fs.readFileString(`${copy}/package.json`))
        // What npm fetches beside it is the registry's.
        yield* fs.writeFileString(`${copy}/package.json`, JSON.stringify({ ...manifest, dependencies: {} }))
        yield* run(machine, "npm", "install", "--global", "--prefix", prefix, "--install-links", "--offline", "./dist")
        yield* fs.remove(copy, { recursive: true })
        yield* fs.symlink(`${root}/node_modules/@vscode`, `${prefix}/lib/node_modules/@vscode`)
        const repository = yield* LocalRepository.make("staged")
        const model = yield* LocalRepository.model
        yield* fs.makeDirectory(`${home}/tmp`, { recursive: true })
        yield* run(machine, "chmod", "--recursive", "a+rX", machine)
        if (asNobody.length > 0) yield* run(machine, "chown", "--recursive", "65534:65534", repository.directory)
        yield* fs.chmod(`${home}/tmp`, 0o777)
        yield* fs.chmod(home, 0o555)
        const program = ["env", "-i", `PATH=${env["PATH"]}`, `HOME=${home}`, `TMPDIR=${home}/tmp`]
        const settings = ["ANTHROPIC_API_KEY=a-key-that-is-long-enough", `ANTHROPIC_BASE_URL=${model.url}`]
        const [first = "env", ...words] = [...asNobody, ...program, ...settings]
        const written = yield* run(
          repository.directory,
          first,
          ...words,
          process.execPath,
          `${prefix}/bin/nominal-code`,
          "review",
          "--staged"
        )
        assert.include(written, "The last page is lost.")
      }).pipe(Effect.scoped))

    it.effect("has a README without a link to a page that is not in the package", () =>
      Effect.gen(function*() {
        const readme = yield* Effect.flatMap(PackedArtifact, ({ dist }) =>
          Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`${dist}/README.md`)))
        assert.deepStrictEqual(readme.match(/\]\((?!https?:|#)[^)]*\)/g), null)
        assert.include(readme, "(https://github.com/gauthierdmn/nominal-code/raw/main/docs/review.png)")
        assert.include(readme, "(https://github.com/gauthierdmn/nominal-code/blob/main/docs/ci.md)")
      }))

    it.effect("is what publint and arethetypeswrong expect of a package of ES modules", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { dist, tarball } = yield* PackedArtifact
        const { messages, pkg } = yield* Effect.promise(() => publint({ pkgDir: dist, pack: false, strict: true }))
        assert.deepStrictEqual(messages.map((message) => formatMessage(message, pkg)), [])
        const { checkPackage, createPackageFromTarballData }: TypeCheck = yield* Effect.promise(() =>
          import(`${root}/ci/tools/tests/node_modules/@arethetypeswrong/core/dist/index.js`)
        )
        const packed = createPackageFromTarballData(yield* fs.readFile(tarball))
        const analysis = yield* Effect.promise(() => checkPackage(packed))
        // It has no CommonJS form, which these two ways of resolving ask for.
        const old = ["node10", "node16-cjs"]
        const problems = analysis.types === false
          ? ["it has no types"]
          : analysis.problems.filter((problem) => !old.includes(problem.resolutionKind ?? ""))
        assert.deepStrictEqual(problems, [])
      }))
  }
)
