import { assert, it } from "@effect/vitest"
import { readVariable } from "@nominal-code/config/Environment"
import { ConfigProvider, Effect, Option } from "effect"

it.effect("a variable is its text, and one that is empty or not set is none", () =>
  Effect.gen(function*() {
    const read = Effect.all([readVariable("SET"), readVariable("EMPTY"), readVariable("UNSET")])
    const provider = ConfigProvider.fromEnvRecord({ SET: "a b", EMPTY: "" })
    assert.deepStrictEqual(
      yield* Effect.provideService(read, ConfigProvider.ConfigProvider, provider),
      [Option.some("a b"), Option.none(), Option.none()]
    )
  }))

it.effect("an environment that cannot be read is a problem that names the variable", () =>
  Effect.gen(function*() {
    const broken = ConfigProvider.make(() =>
      Effect.fail(new ConfigProvider.SourceError({ message: "no environment here" }))
    )
    const error = yield* Effect.flip(
      Effect.provideService(readVariable("GITHUB_TOKEN"), ConfigProvider.ConfigProvider, broken)
    )
    assert.deepStrictEqual([error._tag, error.problems], [
      "ConfigError",
      ["GITHUB_TOKEN cannot be read from the environment"]
    ])
  }))
