import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import * as LocalRepository from "./LocalRepository.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Runs a program to its end; a non-zero exit fails with what it wrote. */
const run = Effect.fnUntraced(function*(cwd: string, program: string, ...args: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const command = ChildProcess.make(program, args, { cwd, env: { PATH: env["PATH"], HOME: cwd }, stdin: "ignore" })
  const child = yield* spawner.spawn(command)
  const written = yield* Stream.mkString(Stream.decodeText(child.all))
  assert.strictEqual(Number(yield* child.exitCode), 0, `${program} ${args.join(" ")}\n${written}`)
  return written
}, Effect.scoped)

const node = (cwd: string, ...args: ReadonlyArray<string>) => run(cwd, process.execPath, ...args)

/** What somebody has who installs the package beside an `effect` of their own, in a folder that holds nothing else. */
const pack = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "nominal-package-" }))
  const dist = `${directory}/dist`
  yield* node(root, "ci/build.ts", dist)
  yield* node(root, "ci/library.ts", dist)
  yield* run(dist, "npm", "pack", "--silent", "--pack-destination", directory)
  const [name = ""] = (yield* fs.readDirectory(directory)).filter((file) => file.endsWith(".tgz"))
  const project = `${directory}/project`
  const modules = `${project}/node_modules`
  yield* fs.makeDirectory(`${modules}/@effect`, { recursive: true })
  yield* run(directory, "tar", "-xzf", name, "-C", modules)
  yield* fs.rename(`${modules}/package`, `${modules}/nominal-code`)
  for (const dependency of ["effect", "@effect/platform-node", "@vscode", "@types"]) {
    yield* fs.symlink(`${root}/node_modules/${dependency}`, `${modules}/${dependency}`)
  }
  yield* fs.writeFileString(`${project}/package.json`, JSON.stringify({ type: "module" }))
  return { dist, project, tarball: `${directory}/${name}` }
})

class Packed extends Context.Service<Packed, Effect.Success<typeof pack>>()("test/journeys/Packed") {
  static readonly layer = Layer.effect(Packed, pack)
}

layer(Layer.provideMerge(Packed.layer, NodeServices.layer), { excludeTestServices: true, timeout: "2 minutes" })(
  "the packed artifact",
  (it) => {
    it.effect("has types that a strict compiler accepts in a program of somebody else", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { project } = yield* Packed
        const examples = yield* fs.readDirectory(`${root}/docs/examples`)
        for (const name of examples) yield* fs.copyFile(`${root}/docs/examples/${name}`, `${project}/${name}`)
        const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2024", "--types", "node"]
        yield* node(project, `${root}/node_modules/typescript/bin/tsc`, ...options, ...examples)
        assert.isTrue(yield* fs.exists(`${project}/node_modules/nominal-code/library/index.d.ts.map`))
      }))

    it.effect("exports every type that its declarations name, none of them as a namespace's namesake", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { project } = yield* Packed
        const types = yield* fs.readFileString(`${project}/node_modules/nominal-code/library/index.d.ts`)
        const namesIn = (list: string) =>
          list.split(",").map((name) => name.trim().replace(/^type /, "")).map((name) => name.split(" as ")[0] ?? "")
        const lists = Array.from(types.matchAll(/^ *export \{([^}]+)\}/gm), ([, list = ""]) => namesIn(list)).flat()
        const marked = Array.from(types.matchAll(/^export (?:declare )?\w+ ([\w$]+)/gm), ([, name = ""]) => name)
        const exported = new Set([...lists, ...marked])
        const declared = Array.from(
          types.matchAll(/^(?:declare )?(?:class|type|interface) ([\w$]+)/gm),
          ([, n = ""]) => n
        )
        assert.isAbove(exported.size, 150)
        assert.deepStrictEqual(declared.filter((name) => !exported.has(name)), [])
        const namespaces = types.matchAll(/namespace (\w+)_d_exports \{\s*export \{([^}]+)\}/g)
        const stutters = Array.from(namespaces, ([, name = "", list = ""]) => [name, namesIn(list)] as const)
          .filter(([name, names]) => names.includes(name))
        assert.deepStrictEqual(stutters, [])
      }))

    it.effect("reviews uncommitted changes in fifteen lines, from a folder that holds nothing else", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { project } = yield* Packed
        const example = yield* fs.readFileString(`${root}/docs/examples/review-changes.ts`)
        assert.isAtMost(example.split("\n").filter((line) => line !== "" && !line.startsWith("/**")).length, 15)
        yield* fs.writeFileString(`${project}/review-changes.ts`, example)
        const { url } = yield* LocalRepository.model
        const { directory } = yield* LocalRepository.make("unstaged")
        const { code, written } = yield* LocalRepository.run(url, project, "review-changes.ts", directory)
        assert.strictEqual(code, 0, written)
        assert.include(written, "The last page is lost.")
      }).pipe(Effect.scoped))

    it.effect("is one copy of effect with the program that uses it, so a secret of one is readable in the other", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { project } = yield* Packed
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
        assert.strictEqual((yield* node(project, "secret.ts")).trim(), "anthropic")
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
        const { project } = yield* Packed
        assert.match(yield* node(project, "node_modules/nominal-code/bin/nominal-code.js", "--help"), /run-job/)
      }))

    it.effect("is what publint and arethetypeswrong expect of a package of ES modules", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { dist, tarball } = yield* Packed
        const { messages, pkg } = yield* Effect.promise(() => publint({ pkgDir: dist, pack: false, strict: true }))
        assert.deepStrictEqual(messages.map((message) => formatMessage(message, pkg)), [])
        const packed = createPackageFromTarballData(yield* fs.readFile(tarball))
        const analysis = yield* Effect.promise(() => checkPackage(packed))
        // It has no CommonJS form, which these two ways of resolving ask for.
        const old = ["node10", "node16-cjs"]
        const problems = analysis.types === false
          ? ["it has no types"]
          : analysis.problems.filter((problem) =>
            !("resolutionKind" in problem && old.includes(problem.resolutionKind))
          )
        assert.deepStrictEqual(problems, [])
      }))
  }
)
