import { Duration, Effect, FileSystem, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import * as LocalRepository from "../journeys/LocalRepository.ts"
import { count, NotMeasured, ratio } from "./Figure.ts"
import * as Program from "./Program.ts"

const runs = 5
const files = 10_000
const root = fileURLToPath(new URL("../../", import.meta.url))

/** Last line that a measured process writes: its CPU time in milliseconds, and its greatest memory in MiB. */
const Used = Schema.fromJsonString(Schema.Struct({ cpu: Schema.Finite, memory: Schema.Finite }))

const hook = `data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();` +
  `process.stderr.write("\\n"+JSON.stringify({cpu:(user+system)/1e3,memory:process.resourceUsage().maxRSS/1024}))})`

/** Runs Node to its end, and answers with what that took. */
const spent = Effect.fnUntraced(
  function*(args: ReadonlyArray<string>, cwd: string, variables: Program.Environment) {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const command = ChildProcess.make(process.execPath, ["--import", hook, ...args], {
      cwd,
      env: { PATH: env["PATH"], ...variables },
      stdin: "ignore"
    })
    const child = yield* spawner.spawn(command)
    const [wall, written] = yield* Effect.timed(Stream.mkString(Stream.decodeText(child.all)))
    const used = yield* Schema.decodeEffect(Used)(written.split("\n").at(-1) ?? "")
    return { ...used, wall: Duration.toMillis(wall), written }
  },
  Effect.scoped,
  Effect.mapError(({ message }) => new NotMeasured({ message }))
)

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
      const node = yield* spent(["-e", "0"], home, {})
      const help = yield* spent([program.entry, "--help"], home, { HOME: home })
      const review = yield* spent([program.entry, "review", "--staged"], directory, variables)
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
