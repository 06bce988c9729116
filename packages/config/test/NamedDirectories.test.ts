import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { namedDirectories } from "@nominal-code/config/NamedDirectories"
import { ConfigProvider, Effect, Option } from "effect"

const named = (env: Readonly<Record<string, string>>) =>
  namedDirectories("serve").pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    Effect.provide(NodeServices.layer)
  )

it.effect("directories are known whatever else is wrong or missing", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(
      yield* named({ HOME: "/home/bot", NOMINAL_DATA_DIR: "/data", WEBHOOK_PORT: "http", ALLOWED_USERS: "" }),
      Option.some({ dataDir: "/data", baseDir: "/data/workspace", storage: "sqlite" as const })
    )
    assert.deepStrictEqual(
      Option.map(yield* named({ HOME: "/home/bot", REDIS_URL: "redis://r", WORKSPACE_BASE_DIR: "/git" }), (found) => [
        found.baseDir,
        found.storage
      ]),
      Option.some(["/git", "redis"])
    )
  }))

it.effect("none are known where one of them can hold no files, or nothing says where they are", () =>
  Effect.gen(function*() {
    assert.isTrue(Option.isNone(yield* named({ NOMINAL_DATA_DIR: "/proc/data" })))
    assert.isTrue(Option.isNone(yield* named({ NOMINAL_DATA_DIR: "/data", WORKSPACE_BASE_DIR: "/sys/git" })))
    assert.isTrue(Option.isNone(yield* named({})))
  }))
