import { NodeServices } from "@effect/platform-node"
import type { AppConfig, Mode } from "@nominal-code/config/AppConfig"
import { load } from "@nominal-code/config/AppConfigLayer"
import type { ConfigError } from "@nominal-code/config/ConfigError"
import type { Flags } from "@nominal-code/config/Values"
import { ConfigProvider, Effect, FileSystem } from "effect"

/** The least that `serve` starts with. */
export const complete = {
  HOME: "/home/bot",
  GITHUB_TOKEN: "ghp_token",
  GITHUB_WEBHOOK_SECRET: "0123456789abcdef",
  REVIEWER_BOT_USERNAME: "nominalbot",
  ALLOWED_USERS: "alice,bob",
  ANTHROPIC_API_KEY: "sk-ant-key"
}

export interface ConfigInput {
  readonly mode?: Mode
  readonly env?: Readonly<Record<string, string>>
  readonly yaml?: string
  readonly flags?: Flags
}

/** Loads a configuration from a real file and an environment that holds nothing else. */
export const configured = (
  { env = complete, flags = {}, mode = "serve", yaml = "" }: ConfigInput
): Effect.Effect<AppConfig["Service"], ConfigError> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped().pipe(Effect.orDie)
    const file = `${directory}/config.yaml`
    yield* fs.writeFileString(file, yaml).pipe(Effect.orDie)
    const provider = ConfigProvider.fromEnvRecord({ CONFIG_PATH: file, ...env })
    return yield* load(mode, flags).pipe(Effect.provideService(ConfigProvider.ConfigProvider, provider))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

/** The problems that the configuration has; none where it loads. */
export const problems = (given: ConfigInput): Effect.Effect<ReadonlyArray<string>> =>
  configured(given).pipe(Effect.match({ onSuccess: () => [], onFailure: (error) => error.problems }))
