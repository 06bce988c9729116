import type { KubeEmulator } from "@nominal-code/testing/KubeEmulator"
import { Effect, FileSystem } from "effect"
import type { Observations } from "./Observed.ts"
import type { World } from "./World.ts"

/** Output of each pod, by its name. */
type PodLogs = ReadonlyMap<string, ReadonlyArray<string>>

/** Keeps what pods write, from now on until the scope closes. */
export const ofPods = Effect.fn("Logs.ofPods")(function*({ controller, store }: KubeEmulator) {
  const logs = new Map<string, ReadonlyArray<string>>()
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      store.listen(({ object: { kind, metadata: { name } } }) => {
        const pod = kind === "Pod" ? controller.running.get(name) : undefined
        if (pod !== undefined) logs.set(name, pod.log)
      })
    ),
    (stop) => Effect.sync(stop)
  )
  return logs as PodLogs
})

/** Writes down everything there is to know about a storm in which something went wrong; answers with where. */
export const keep = Effect.fn("Logs.keep")(
  function*(world: World, pods: PodLogs, observed: Observations, wrong: ReadonlyArray<string>) {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectory({ prefix: "nominal-storm-logs-" })
    const write = (name: string, lines: ReadonlyArray<string>) =>
      fs.writeFileString(`${directory}/${name}`, `${lines.join("\n")}\n`)
    yield* write("wrong.txt", wrong)
    yield* write("observed.json", [JSON.stringify(observed, undefined, 1)])
    yield* Effect.forEach(world.servers, ({ log }, index) => write(`server-${index}.log`, log), { concurrency: 1 })
    yield* Effect.forEach(pods, ([pod, log]) => write(`${pod}.log`, log), { concurrency: 8 })
    return directory
  }
)
