import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { KnownSecrets } from "@nominal-code/domain/KnownSecrets"
import { Console, Effect, Layer, Runtime, Schema } from "effect"
import * as Configured from "../Configured.ts"
import { ok, problem, type SetupFinding, warning } from "../doctor/Finding.ts"
import { forgeFindings } from "../doctor/ForgeFindings.ts"
import { machineFindings } from "../doctor/MachineFindings.ts"
import { modelFindings } from "../doctor/ModelFindings.ts"
import * as Logging from "../Logging.ts"
import { printable } from "../review/TerminalText.ts"

/** A setup with problems. The process ends with 1. */
class SetupBroken extends Schema.TaggedError<SetupBroken>()("SetupBroken", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 1
}

const configuration = Effect.map(AppConfig, ({ warnings }): ReadonlyArray<SetupFinding> => [
  ok("configuration", "the configuration of a server is complete"),
  ...warnings.map((text) => warning("configuration", text))
])

/** Everything that is asked once the configuration is complete. */
const questions = Effect.gen(function*() {
  const { redact } = yield* KnownSecrets
  const findings = yield* Effect.all([configuration, forgeFindings, modelFindings, machineFindings], {
    concurrency: 4
  })
  return findings.flat().map((finding) => ({ ...finding, text: redact(finding.text) }))
}).pipe(Effect.provide(Layer.provideMerge(Configured.forges, Logging.layerNone)))

const examine = Effect.provide(questions, AppConfigLayer.layer("serve")).pipe(
  Effect.catchTag(
    "ConfigError",
    ({ problems }) => Effect.succeed(problems.map((text) => problem("configuration", text)))
  )
)

const signs = { ok: "ok     ", warning: "warning", problem: "PROBLEM" } as const

/** Examines the setup of a server and prints a line for each thing. It changes nothing. */
export const doctor = Effect.fn("cli.doctor")(function*(json: boolean) {
  const findings = yield* examine
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
