import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Schedule, Schema } from "effect"
import { argv } from "node:process"
import * as CpuProfile from "./CpuProfile.ts"
import { NotMeasured } from "./Figure.ts"
import * as Load from "./Load.ts"
import type { Pace } from "./Pace.ts"
import * as Program from "./Program.ts"
import * as Stage from "./Stage.ts"

/*
 * `node test/bench/profile.ts [deliveries]`: profiles `serve`, from its sources, while it takes deliveries.
 */

const flatOut: Pace = { _tag: "FlatOut", atOnce: 50 }
const volley = 1000
const shownLines = 25

/** Ends a process twice: a second signal does not wait for the review that runs. */
const end = (pid: number) =>
  Effect.andThen(
    Effect.sync(() => process.kill(pid, "SIGTERM")),
    Effect.delay(Effect.sync(() => process.kill(pid, "SIGTERM")), "1 second")
  )

const profiled = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "nominal-profile-" })
  const volleys = Math.max(1, Math.ceil(Number(argv[2] ?? 5000) / volley))
  const stage = yield* Stage.make(volleys * volley)
  const serve = yield* Stage.occupied(stage, Program.sources, {
    NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${directory}`
  })
  const next = stage.volleys(serve.webhook)
  const sent = yield* Effect.forEach(Array.from({ length: volleys }), () => Load.send(next(volley, flatOut)), {
    concurrency: 1
  })
  yield* end(serve.pid)
  const names = yield* files.readDirectory(directory).pipe(
    Effect.repeat({ schedule: Schedule.spaced("100 millis"), until: (names) => names.length > 0 }),
    Effect.timeoutOrElse({
      duration: "20 seconds",
      orElse: () => Effect.fail(new NotMeasured({ message: "serve left no profile" }))
    })
  )
  const texts = yield* Effect.forEach(names, (name) => files.readFileString(`${directory}/${name}`), { concurrency: 1 })
  const [longest = ""] = texts.toSorted((one, other) => other.length - one.length)
  const profile = yield* Schema.decodeEffect(Schema.fromJsonString(CpuProfile.CpuProfile))(longest)
  const rate = (volley * volleys) / sent.reduce((total, { seconds }) => total + seconds, 0)
  yield* Console.log(`${volley * volleys} deliveries, ${Math.round(rate)} a second`)
  yield* Console.log(CpuProfile.report(profile, shownLines).join("\n"))
}).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

NodeRuntime.runMain(profiled)
