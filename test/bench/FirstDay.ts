import { Effect, FileSystem } from "effect"
import { fileURLToPath } from "node:url"
import * as LocalRepository from "../journeys/LocalRepository.ts"
import { count, NotMeasured, ratio } from "./Figure.ts"
import * as Program from "./Program.ts"
import * as Spent from "./Spent.ts"

const runs = 5
const files = 10_000
const root = fileURLToPath(new URL("../../", import.meta.url))

/** Repository of so many files, with a change of one of them that is staged. */
const repository = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { directory, git } = yield* LocalRepository.make("staged")
  for (let folder = 0; folder < 100; folder++) {
    yield* fs.makeDirectory(`${directory}/src/${folder}`, { recursive: true })
    for (let file = 0; file < files / 100; file++) {
      yield* fs.writeFileString(`${directory}/src/${folder}/${file}.ts`, `export const n = ${folder * 100 + file}\n`)
    }
  }
  yield* git("add", "src")
  yield* git("commit", "-qm", "grow", "--", "src")
  return directory
})

/** Bytes of an installed command with the SDK of one provider, and ripgrep. */
const installedBytes = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-bench-" })
  yield* Program.nodeToEnd([`${root}ci/build.ts`, `${directory}/command`], { EXTRAS: "anthropic" })
  yield* Program.nodeToEnd([`${root}ci/library.ts`, `${directory}/command`])
  yield* fs.copy(yield* fs.realPath(`${root}node_modules/@vscode`), `${directory}/command/node_modules/@vscode`)
  const names = yield* fs.readDirectory(directory, { recursive: true })
  const all = yield* Effect.forEach(names, (name) => fs.stat(`${directory}/${name}`), { concurrency: 8 })
  return all.reduce((sum, { size, type }) => type === "File" ? sum + Number(size) : sum, 0)
})

/** Measures the command on somebody's first day: its help, a review of what is staged, and its size on the disk. */
export const measure = Effect.fn("FirstDay.measure")(
  function*(program: Program.Program) {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* repository
    const { url } = yield* LocalRepository.model
    const home = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-bench-" })
    const variables = { HOME: home, ANTHROPIC_API_KEY: "a-key-that-is-long-enough", ANTHROPIC_BASE_URL: url }
    const run = Effect.gen(function*() {
      const node = yield* Spent.of(["-e", "0"], home, {})
      const help = yield* Spent.of([...program.command, "--help"], home, { HOME: home })
      const review = yield* Spent.of([...program.command, "review", "--staged"], directory, variables)
      if (review.written.includes("The last page is lost.")) return { node, help, review }
      return yield* new NotMeasured({ message: `no review: ${review.written}` })
    })
    const all = yield* Effect.replicateEffect(run, runs)
    const against = "node -e 0"
    const figure = (name: string, of: "help" | "review", what: "cpu" | "wall" | "memory") =>
      ratio(
        { name, against, unit: what === "memory" ? "MiB" : "ms" },
        all.map((one) => one[of][what]),
        all.map(({ node }) => node[what])
      )
    const megabytes = Math.round((yield* installedBytes) / 1e5) / 10
    return [
      figure("CPU time of --help", "help", "cpu"),
      figure("--help", "help", "wall"),
      figure("CPU time of review --staged, 10,000 files", "review", "cpu"),
      figure("review --staged, 10,000 files", "review", "wall"),
      figure("greatest memory of review --staged", "review", "memory"),
      count("installed MB, with one SDK", [megabytes])
    ]
  },
  Effect.scoped,
  Effect.mapError((error) => new NotMeasured({ message: error.message }))
)
