import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { namedDirectories } from "@nominal-code/config/NamedDirectories"
import { Console, Effect, Layer } from "effect"
import * as Configured from "../Configured.ts"
import { examine, SetupBroken } from "../doctor/Examination.ts"
import { note, problem } from "../doctor/Finding.ts"
import { localFindings } from "../doctor/MachineFindings.ts"
import * as Logging from "../Logging.ts"
import { printable } from "../review/TerminalText.ts"

/** Findings where the configuration cannot be used: what is wrong with it, and what is known without it. */
const withoutConfiguration = Effect.fnUntraced(function*(problems: ReadonlyArray<string>) {
  return [
    ...problems.map((text) => problem("configuration", text)),
    note("configuration", "the forges, the models and the store are checked once the configuration is valid"),
    ...yield* localFindings(yield* namedDirectories("serve"))
  ]
})

const findingsOf = examine(Number.POSITIVE_INFINITY).pipe(
  Effect.provide(Configured.configured(Logging.layerNone).pipe(Layer.provideMerge(AppConfigLayer.layer("serve")))),
  Effect.catchTag("ConfigError", ({ problems }) => withoutConfiguration(problems))
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
