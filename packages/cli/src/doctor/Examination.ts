import { AppConfig } from "@nominal-code/config/AppConfig"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { Duration, Effect, Layer, Option, Runtime, Schema } from "effect"
import * as Configured from "../Configured.ts"
import { clusterFindings } from "./ClusterFindings.ts"
import { ok, type SetupFinding, warning } from "./Finding.ts"
import { forgeFindings } from "./ForgeFindings.ts"
import { machineFindings } from "./MachineFindings.ts"
import { modelFindings } from "./ModelFindings.ts"

/** A setup with problems. The process ends with 1. */
export class SetupBroken extends Schema.TaggedError<SetupBroken>()("SetupBroken", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 1
}

const configuration = (warnings: ReadonlyArray<string>): ReadonlyArray<SetupFinding> => [
  ok("configuration", "the configuration of a server is complete"),
  ...warnings.map((text) => warning("configuration", text))
]

/** Everything that is asked once the configuration is complete. `repositories`: how many of the allowed ones. */
export const examine = Effect.fnUntraced(function*(repositories: number) {
  const { redact } = yield* KnownSecrets
  const config = yield* AppConfig
  const findings = yield* Effect.all([
    forgeFindings(config, repositories),
    modelFindings(config),
    machineFindings(config),
    clusterFindings(config)
  ], { concurrency: 4 })
  return [...configuration(config.warnings), ...findings.flat()].map((finding) => ({
    ...finding,
    text: redact(finding.text)
  }))
  // A Redis that is away is a finding, not the end of the examination.
}, Effect.provide(Configured.forgesAlone))

/** Allowed repositories that a starting server looks at, and how long it looks. */
const [repositoriesAtStart, patience] = [10, Duration.seconds(15)]

/** The problems and warnings of a starting server, beside those of its configuration, which are logged anyhow. */
const atStart = examine(repositoriesAtStart).pipe(
  Effect.timeoutOption(patience),
  Effect.map(Option.match({
    onNone: () => [warning("machine", `the setup could not be examined within ${Duration.format(patience)}`)],
    onSome: (findings) => findings.filter(({ area, status }) => area !== "configuration" && status !== "ok")
  }))
)

/** Examines the setup beside a server that runs already, and logs what is wrong. */
export const layerWarning = Layer.effectDiscard(
  atStart.pipe(
    Effect.flatMap(
      Effect.forEach(({ area, status, text }) =>
        status === "note" ? Effect.logDebug(`setup: ${area}: ${text}`) : Effect.logWarning(`setup: ${area}: ${text}`)
      )
    ),
    Effect.forkScoped
  )
)

/** Examines the setup, and fails if it has a problem. */
export const layerStrict = Layer.effectDiscard(Effect.gen(function*() {
  const problems = (yield* atStart).filter(({ status }) => status === "problem")
  if (problems.length > 0) {
    return yield* new SetupBroken({ message: problems.map(({ area, text }) => `${area}: ${text}`).join("\n") })
  }
}))
