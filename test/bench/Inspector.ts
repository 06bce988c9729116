import { Effect, Schema } from "effect"
import { NotMeasured } from "./Figure.ts"

/** Environment that makes a Node process listen for an inspector. It says where on stderr. */
export const environment = { NODE_OPTIONS: "--inspect=127.0.0.1:0" }

const commands = [
  { id: 1, method: "HeapProfiler.enable" },
  { id: 2, method: "HeapProfiler.collectGarbage" },
  { id: 3, method: "Runtime.getHeapUsage" }
]

const Answer = Schema.fromJsonString(Schema.Struct({
  id: Schema.Literal(3),
  result: Schema.Struct({ usedSize: Schema.Finite })
}))

const answer = (url: string) =>
  Effect.callback<string, NotMeasured>((resume) => {
    const socket = new WebSocket(url)
    socket.addEventListener("open", () => commands.forEach((command) => socket.send(JSON.stringify(command))))
    socket.addEventListener("error", () => resume(Effect.fail(new NotMeasured({ message: `no inspector at ${url}` }))))
    socket.addEventListener("message", ({ data }) => {
      if (!String(data).startsWith("{\"id\":3,")) return
      socket.close()
      resume(Effect.succeed(String(data)))
    })
  })

/** Number of garbage collections: some memory is freed only by finalizers in between. */
const collections = 3

/**
 * Makes a process collect all its garbage, and answers with the bytes that its heap holds then. `log` is what the
 * process wrote.
 */
export const collectGarbage = Effect.fn("Inspector.collectGarbage")(function*(log: ReadonlyArray<string>) {
  const url = log.map((line) => /^Debugger listening on (ws:\S+)$/.exec(line)?.[1]).find((found) => found !== undefined)
  if (url === undefined) return yield* new NotMeasured({ message: "the process does not listen for an inspector" })
  const collected = yield* Effect.flatMap(answer(url), Schema.decodeEffect(Answer)).pipe(
    Effect.delay("300 millis"),
    Effect.replicateEffect(collections),
    Effect.timeout("30 seconds"),
    Effect.mapError(({ message }) => new NotMeasured({ message: `no garbage was collected: ${message}` }))
  )
  return collected.at(-1)?.result.usedSize ?? NaN
})
