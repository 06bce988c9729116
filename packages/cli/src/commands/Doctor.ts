import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { Console, Effect, Layer } from "effect"
import { examine, SetupBroken } from "../doctor/Examination.ts"
import { problem } from "../doctor/Finding.ts"
import * as Logging from "../Logging.ts"
import { printable } from "../review/TerminalText.ts"

const findingsOf = examine(Number.POSITIVE_INFINITY).pipe(
  Effect.provide(Logging.layerNone.pipe(Layer.provideMerge(AppConfigLayer.layer("serve")))),
  Effect.catchTag(
    "ConfigError",
    ({ problems }) => Effect.succeed(problems.map((text) => problem("configuration", text)))
  )
)

const signs = { ok: "ok     ", note: "note   ", warning: "warning", problem: "PROBLEM" } as const

/** Examines the setup of a server and prints a line for each thing. It changes nothing. */
export const doctor = Effect.fn("cli.doctor")(function*(json: boolean) {
  const findings = yield* findingsOf
  yield* Console.log(
    json
      ? JSON.stringify(findings, null, 2)
      : findings.map(({ area, status, text }) => `${signs[status]}  ${area.padEnd(13)}  ${printable(text)}`).join("\n")
  )
  const problems = findings.filter(({ status }) => status === "problem").length
  if (problems > 0) {
    return yield* new SetupBroken({ message: `${problems} ${problems === 1 ? "problem" : "problems"}: see above` })
  }
})
